"""The daemon: feed, agents and commands in; events committed; only then anything outside."""

from __future__ import annotations

import errno
import platform
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from quantrl.errors import ConfigError, FatalError, InvariantError, LiveError, StorageError
from quantrl.live import events, killfile, summary
from quantrl.live.config import PaperConfig
from quantrl.live.events import Event, event
from quantrl.live.hosts import Ask, Hosts, make_hosts
from quantrl.live.journal import NAME, Journal
from quantrl.live.recover import recover
from quantrl.live.reducer import decide, refusal
from quantrl.live.setup import Setup
from quantrl.live.snapshots import Snapshots
from quantrl.live.state import State
from quantrl.live.states import Cause, Source
from quantrl.live.storage import DISK, Disk, Storage
from quantrl.live.summary import Summary
from quantrl.live.vocabulary import TradingState
from quantrl.runs import canonical_json, code_version
from quantrl.units import ns_from_iso

if TYPE_CHECKING:
    from quantrl.data import Panel

KILL = killfile.NAME
GROUP = 256
GROUP_S = 0.005
SNAPSHOT_EVENTS = 50_000
SNAPSHOT_S = 600.0
CHECKPOINT_PAGES = 4_000
CHECK_EVERY = 64
POLL_S = 1.0
MAX = float("inf")


class Daemon:
    """A paper book in this process. Made by `create` and `open`; closed by `close` or a ``with`` block.

    Every input is applied to the state together with what follows from it, appended to the journal and committed; hosted
    agents and clients hear of it only afterwards.
    """

    def __init__(self, folder: Path, setup: Setup, journal: Journal, storage: Storage, lock: Any) -> None:
        self.folder, self.setup = folder, setup
        self._journal, self._storage, self._lock = journal, storage, lock
        self._snapshots = Snapshots(storage.below("snapshots"))
        self._hosts: Hosts | None = None
        self._state = State(setup)
        self._pending_since: float | None = None
        self._pending = 0
        self._snapshot_ord, self._snapshot_at = 0, time.monotonic()
        self._market_name = setup.config.name
        self._stop = threading.Event()
        self._closed = self._ahead = False
        self._polled = 0.0
        self._cycles = 0
        self.on_cycle: Callable[[Daemon], None] | None = None
        """Called after every bar, and while a bar, an answer or the end is waited for."""

    @staticmethod
    def create(
        folder: str | Path,
        config: PaperConfig,
        *,
        panel: Panel | None = None,
        disk: Disk = DISK,
        vfs: str | None = None,
    ) -> Daemon:
        """A new book.

        Parameters
        ----------
        folder : str or Path
            Made when absent; must hold no journal.
        config : PaperConfig
        panel : Panel, optional
            The feed's data, if loaded already.
        disk, vfs
            What file work goes through.

        Raises
        ------
        ConfigError
            There is a book already, the folder can be written by anyone, or the config does not fit its data. Nothing
            is written then.
        FeedError
            Data no market could have printed.
        """
        path = Path(folder)
        setup = Setup.of(config, panel=panel)
        storage = Storage(path, disk)
        if (path / NAME).exists():
            raise ConfigError(f"{path}: holds a book already; open it instead")
        storage.make()
        lock = storage.lock()
        try:
            storage.reserve()
            meta = {
                "name": config.name,
                "config": canonical_json(config.model_dump(mode="json")),
                "feed": setup.feed.sha256,
                "off_grid": repr(setup.feed.off_grid),
            }
            Journal.create(path, setup.book_id, meta, disk=disk, vfs=vfs).close(page_sums=False)
            return Daemon._opened(path, setup, storage, lock, disk=disk, vfs=vfs)
        except BaseException:
            lock.close()
            raise

    @staticmethod
    def open(
        folder: str | Path,
        *,
        panel: Panel | None = None,
        accept_upgrade: bool = False,
        hosts: dict[str, Any] | None = None,
        disk: Disk = DISK,
        vfs: str | None = None,
    ) -> Daemon:
        """A book that was stopped, however it was stopped.

        Parameters
        ----------
        folder : str or Path
        panel : Panel, optional
        accept_upgrade : bool
            Go on although other code wrote the journal's end.
        hosts : dict, optional
            Other values of the hot section ``[hosts]``.

        Raises
        ------
        ConfigError
            No book there.
        AlreadyRunning
            Another process has it.
        JournalError, ReplayMismatch, FeedError
            It does not say what it must, or its feed changed.
        """
        path = Path(folder)
        storage = Storage(path, disk)
        storage.check()
        if not (path / NAME).exists():
            raise ConfigError(f"{path}: holds no book; create one with a config")
        lock = storage.lock()
        try:
            setup = setup_of(path, panel=panel, hosts=hosts, disk=disk, vfs=vfs)
            return Daemon._opened(
                path, setup, storage, lock, accept_upgrade=accept_upgrade, disk=disk, vfs=vfs
            )
        except BaseException:
            lock.close()
            raise

    @staticmethod
    def _opened(
        path: Path,
        setup: Setup,
        storage: Storage,
        lock: Any,
        *,
        accept_upgrade: bool = False,
        disk: Disk = DISK,
        vfs: str | None = None,
    ) -> Daemon:
        journal = Journal.open(path, disk=disk, vfs=vfs)
        try:
            daemon = Daemon(path, setup, journal, storage, lock)
            code = code_version().encode()
            folded = recover(journal, setup, daemon._snapshots, code=code, accept_upgrade=accept_upgrade)
            daemon._state = folded.state
            daemon._state.check()
            daemon._snapshot_ord = folded.state.ord
            boot = events.Boot(
                journal.boot, code, setup.book_id, b"", f"{platform.python_version()} {platform.machine()}"
            )
            made = [event(boot, ts=folded.state.ts)]
            if folded.taken:
                note = events.Note(
                    f"upgrade accepted: {folded.taken} outputs of other code taken as they are"
                )
                made.append(event(note, ts=folded.state.ts))
            journal.append(made)
            if folded.state.ord == 0:
                # A new book, or one whose making was cut off before its first event.
                daemon._input(events.Config(setup.config.cold(), setup.book_id), daemon._first_ts())
            daemon._commit()
            daemon._poll_kill(now=True)
        except BaseException:
            journal.abandon()
            raise
        return daemon

    # Running

    def run(
        self,
        until: str | int | None = None,
        speed: float | str = "max",
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Take bars until the feed or `until` ends, or `stop` is called.

        Parameters
        ----------
        until : str or int, optional
            Last time taken, ISO or ns.
        speed : float or "max"
            Event time over wall time; content does not depend on it.
        progress : callable, optional
            Called after every bar with bars done and in all.

        Raises
        ------
        StorageError
            The disk refuses; open the book again and trust what is there.
        """
        pace = _speed(speed)
        end = (
            None
            if until is None
            else until
            if isinstance(until, int)
            else ns_from_iso(until, end_of_day=True)
        )
        # Whoever survived a full disk gave it back.
        self._storage.reserve()
        if self._hosts is None:
            self._hosts = make_hosts(self.setup, self._between)
        self._answer_open_requests()
        total, before = self.setup.feed.n_rows, None
        for batch in self.setup.feed.batches(self.bar + 1):
            for row in batch.rows:
                if self._stop.is_set() or (end is not None and row.time > end):
                    self._commit()
                    return
                if before is not None:
                    self._wait((row.time - before) / 1e9 / pace)
                    if self._stop.is_set():
                        self._commit()
                        return
                before = row.time
                self._bar(row.row, row.available)
                if progress is not None:
                    progress(row.row + 1, total)
        self._commit()

    def stay(self) -> None:
        """After the feed's end: heed the KILL file and `on_cycle` until `stop` is called."""
        while not self._stop.is_set():
            self._wait(1.0)

    def stop(self) -> None:
        """End `run` after the current bar; safe from other threads and signal handlers."""
        self._stop.set()

    @property
    def bar(self) -> int:
        """Index of the newest bar; -1 before the first."""
        return -1 if self._state.row is None else self._state.row.row

    def command(self, verb: str, *, nonce: str = "", principal: str = "cli", **args: str) -> str:
        """Give the book an order.

        Parameters
        ----------
        verb : str
            ``active no_entry reduce_only cancel_all flatten halt resume lock unlock agent_on agent_off``. ``resume``
            also removes the KILL file.
        nonce : str
            The same one twice is one command.
        principal : str
            Who: ``cli``, ``api``, ``signal`` or ``file``, and after a slash a name.
        **args : str
            ``reason``, ``confirm``, ``agent``, ``instrument``, ``side``, ``until``.

        Returns
        -------
        str
            The trading state afterwards.

        Raises
        ------
        LiveError
            A verb that may not be given now, or a nonce used for another command. Nothing has changed.
        """
        state = self._state
        known = state.nonces.get(f"{principal}:{nonce}") if nonce else None
        if known is not None:
            if known != f"{verb} {dict(sorted(args.items()))}":
                raise LiveError(f"nonce {nonce!r}: was used for another command ({known})")
            return state.trading.state.name
        values = events.Command(principal, verb, tuple(sorted(args.items())), nonce)
        why = refusal(state, values)
        if why is not None:
            raise LiveError(why)
        if verb == Cause.RESUME:
            self._storage.remove(killfile.NAME)
        self._input(values, state.ts)
        self._commit()
        return state.trading.state.name

    def state(self) -> Summary:
        """What the book is now."""
        return summary.of_state(self._state, self._journal)

    @property
    def book(self) -> State:
        """The whole state, to read."""
        return self._state

    @property
    def journal(self) -> Journal:
        """The journal, to read."""
        return self._journal

    def content_digest(self) -> bytes:
        """Digest of everything that happened; the same at any speed and however often the daemon was restarted."""
        return self._journal.content_digest()

    # One cycle

    def _bar(self, row: int, ts: int) -> None:
        feed = self.setup.feed
        self._poll_kill()
        self._input(events.Market(self._market_name, row, row, feed.digest(row, row)), ts)
        self._answer_open_requests()
        self._cycles += 1
        if self._cycles % CHECK_EVERY == 0:
            self._state.check()
        self._keep()
        if self.on_cycle is not None:
            self.on_cycle(self)

    def _answer_open_requests(self) -> None:
        """Ask hosted agents what they have not answered yet; their requests are durable first."""
        state = self._state
        if not state.requests:
            return
        self._commit()
        assert state.row is not None
        assert self._hosts is not None
        asks = [
            Ask(agent, request, state.row.time, state.held[agent])
            for agent, request in sorted(state.requests.items())
        ]
        for ask, answer in zip(asks, self._hosts.ask(asks), strict=True):
            self._input(answer, state.ts, ask.agent)

    def _input(self, values: Any, ts: int, agent: int = -1) -> None:
        state = self._state
        if self._ahead:
            raise InvariantError("an earlier input failed half way; open the book again")
        given = event(values, ts=ts, agent=agent)
        made: list[Event] = [given]
        try:
            state.evolve(given)
            for out in decide(state, given):
                state.evolve(out)
                made.append(out)
            self._journal.append(made)
        except BaseException:
            # The state is ahead of the journal: nothing more may be written from it.
            self._ahead = True
            raise
        self._pending += len(made)
        now = time.monotonic()
        if self._pending_since is None:
            self._pending_since = now
        if self._pending >= GROUP or now - self._pending_since > GROUP_S:
            self._commit()

    def _commit(self) -> None:
        self._journal.commit()
        self._pending, self._pending_since = 0, None
        if self._journal.wal_pages > CHECKPOINT_PAGES:
            self._journal.checkpoint()

    def _keep(self) -> None:
        """A snapshot now and then, between bars."""
        due = self._state.ord - self._snapshot_ord >= SNAPSHOT_EVENTS
        if due or time.monotonic() - self._snapshot_at > SNAPSHOT_S:
            self.snapshot()

    def snapshot(self) -> str:
        """Keep the state, so that a start need not fold everything; the name of its file."""
        self._commit()
        head = self._journal.committed
        name = self._snapshots.write(
            head.seq, head.ord, self._state.to_plain(), self._journal.content_digest()
        )
        note = events.Snapshot(name, self._snapshots.sha256(name))
        self._journal.append([event(note, ts=self._state.ts)])
        self._commit()
        self._snapshot_ord, self._snapshot_at = self._state.ord, time.monotonic()
        return name

    def _poll_kill(self, *, now: bool = False) -> None:
        """A file named KILL halts the book, whatever else is broken; one that says so closes its positions first."""
        if not now and time.monotonic() - self._polled < POLL_S:
            return
        self._polled = time.monotonic()
        trading = self._state.trading.state
        if trading == TradingState.HALTED or (wish := killfile.read(self.folder)) is None:
            return
        if not wish.flatten or (now and trading != TradingState.FLATTEN):
            self.command(Cause.KILL_FILE.value, principal=Source.FILE.value, **wish.args)
        elif trading != TradingState.FLATTEN:
            self.command(Cause.FLATTEN.value, principal=f"{Source.CLI}/file", **wish.args)

    def _wait(self, seconds: float) -> None:
        """Pace; the KILL file and commands are seen meanwhile."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self._stop.is_set():
            self._between()
            self._stop.wait(min(left, 0.05))

    def _between(self) -> None:
        """Between two inputs, while something is waited for."""
        self._commit()
        self._poll_kill()
        if self.on_cycle is not None:
            self.on_cycle(self)

    def _first_ts(self) -> int:
        return self.setup.feed.row(0).time - 1

    # The end

    def close(self, *, reason: str = "closed") -> None:
        """Keep a snapshot and stop cleanly."""
        if self._ahead:
            self.abandon()
        if self._closed:
            return
        self._closed = True
        try:
            if not self._state.requests:
                self.snapshot()
            self._journal.append([event(events.Shutdown(reason), ts=self._state.ts)])
            self._commit()
            self._journal.close()
        finally:
            # Where a write was refused the connection would keep the file locked.
            self._journal.abandon()
            self._end()

    def abandon(self) -> None:
        """Stop without another write, as after an error."""
        if not self._closed:
            self._closed = True
            self._journal.abandon()
            self._end()

    def _end(self) -> None:
        if self._hosts is not None:
            self._hosts.close()
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None or not issubclass(kind, (FatalError, OSError)):
            self.close()
        else:
            self.abandon()


def survive_full_disk(folder: str | Path, error: StorageError, **how: Any) -> Daemon:
    """After a disk without space: free the reserve, trust what is there, and halt the book durably.

    Raises
    ------
    StorageError
        Any other refusal: nothing more is written before `verify` has looked.
    """
    if error.errno != errno.ENOSPC:
        raise error
    Storage(folder).release_reserve()
    daemon = Daemon.open(folder, **how)
    if daemon.book.trading.state != TradingState.HALTED:
        daemon.command(Cause.JOURNAL.value, principal=Source.DAEMON.value, reason="no space left")
    return daemon


def setup_of(
    folder: str | Path,
    *,
    panel: Panel | None = None,
    hosts: dict[str, Any] | None = None,
    disk: Disk = DISK,
    vfs: str | None = None,
) -> Setup:
    """What the book in a folder stands on, as its journal says.

    Raises
    ------
    ConfigError
        No book there.
    FeedError
        Its feed changed: expected and found sha256.
    """
    import json

    with Journal.open(folder, read_only=True, disk=disk, vfs=vfs) as journal:
        raw, feed = journal.meta("config"), journal.meta("feed")
    if raw is None or feed is None:
        raise ConfigError(f"{folder}: its journal is no paper book: meta.config is missing")
    kept = json.loads(raw)
    if hosts:
        kept["hosts"] = {**kept["hosts"], **hosts}
    return Setup.of(PaperConfig.of(kept, source=f"{folder}: config"), sha256=feed, panel=panel)


def _speed(speed: float | str) -> float:
    if speed == "max":
        return MAX
    value = float(speed)
    if not value > 0:
        raise ConfigError(f"speed: expected above 0 or max, got {speed!r}")
    return value
