"""The daemon: feed, agents and commands in; events committed; only then anything outside."""

from __future__ import annotations

import platform
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from quantrl.errors import ConfigError, FatalError, LiveError
from quantrl.live import events, killfile, summary
from quantrl.live.config import PaperConfig
from quantrl.live.cycle import Cycle
from quantrl.live.feeds import pace_of
from quantrl.live.hosts import Ask, Hosts, make_hosts
from quantrl.live.journal import NAME, Journal
from quantrl.live.recover import recover
from quantrl.live.reducer import refusal
from quantrl.live.setup import Setup, setup_of
from quantrl.live.snapshots import Snapshots
from quantrl.live.state import State
from quantrl.live.states import Cause
from quantrl.live.storage import DISK, Disk, Storage
from quantrl.live.summary import Summary
from quantrl.runs import canonical_json, code_version
from quantrl.units import ns_from_iso

if TYPE_CHECKING:
    from quantrl.data import Panel

KILL = killfile.NAME
POLL_S = 1.0


class Daemon:
    """A paper book in this process. Made by `create` and `open`; closed by `close` or a ``with`` block.

    Every input is applied to the state together with what follows from it, appended to the journal and committed; hosted
    agents and clients hear of it only afterwards.
    """

    def __init__(self, folder: Path, setup: Setup, cycle: Cycle, storage: Storage, lock: Any) -> None:
        self.folder, self.setup = folder, setup
        self._cycle, self._storage, self._lock = cycle, storage, lock
        self._hosts: Hosts | None = None
        self._stop = threading.Event()
        self._closed = False
        self._polled = 0.0
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
            code, snapshots = code_version().encode(), Snapshots(storage.below("snapshots"))
            folded = recover(journal, setup, snapshots, code=code, accept_upgrade=accept_upgrade)
            folded.state.check()
            cycle = Cycle(folded.state, journal, snapshots)
            daemon = Daemon(path, setup, cycle, storage, lock)
            platform_is = f"{platform.python_version()} {platform.machine()}"
            cycle.note(events.Boot(journal.boot, code, setup.book_id, b"", platform_is))
            if folded.taken:
                cycle.note(
                    events.Note(f"upgrade accepted: {folded.taken} outputs of other code taken as they are")
                )
            if folded.state.ord == 0:
                # A new book, or one whose making was cut off before its first event.
                cycle.take(events.Config(setup.config.cold(), setup.book_id), setup.feed.row(0).time - 1)
            cycle.commit()
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
        pace = pace_of(speed)
        end = ns_from_iso(until, end_of_day=True) if isinstance(until, str) else until
        # Whoever survived a full disk gave it back.
        self._storage.reserve()
        if self._hosts is None:
            self._hosts = make_hosts(self.setup, self._between)
        self._answer_open_requests()
        total, before = self.setup.feed.n_rows, None
        for batch in self.setup.feed.batches(self.bar + 1):
            for row in batch.rows:
                if self._stop.is_set() or (end is not None and row.time > end):
                    self._cycle.commit()
                    return
                if before is not None:
                    self._wait((row.time - before) / 1e9 / pace)
                    if self._stop.is_set():
                        self._cycle.commit()
                        return
                before = row.time
                self._bar(row.row, row.available)
                if progress is not None:
                    progress(row.row + 1, total)
        self._cycle.commit()

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
        return -1 if self.book.row is None else self.book.row.row

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
        state = self.book
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
        self._cycle.take(values, state.ts)
        self._cycle.commit()
        return state.trading.state.name

    def state(self) -> Summary:
        """What the book is now."""
        return summary.of_state(self.book, self.journal)

    @property
    def book(self) -> State:
        """The whole state, to read."""
        return self._cycle.state

    @property
    def journal(self) -> Journal:
        """The journal, to read."""
        return self._cycle.journal

    def content_digest(self) -> bytes:
        """Digest of everything that happened; the same at any speed and however often the daemon was restarted."""
        return self.journal.content_digest()

    # One cycle

    def _bar(self, row: int, ts: int) -> None:
        feed = self.setup.feed
        self._poll_kill()
        self._cycle.take(events.Market(self.setup.config.name, row, row, feed.digest(row, row)), ts)
        self._answer_open_requests()
        self._cycle.end_bar()
        if self.on_cycle is not None:
            self.on_cycle(self)

    def _answer_open_requests(self) -> None:
        """Ask hosted agents what they have not answered yet; their requests are durable first."""
        state = self.book
        if not state.requests:
            return
        self._cycle.commit()
        assert state.row is not None
        assert self._hosts is not None
        asks = [
            Ask(agent, request, state.row.time, state.held[agent])
            for agent, request in sorted(state.requests.items())
        ]
        for ask, answer in zip(asks, self._hosts.ask(asks), strict=True):
            self._cycle.take(answer, state.ts, ask.agent)

    def snapshot(self) -> str:
        """Keep the state, so that a start need not fold everything; the name of its file."""
        return self._cycle.snapshot()

    def _poll_kill(self, *, now: bool = False) -> None:
        """A file named KILL halts the book, whatever else is broken; one that says so closes its positions first."""
        if not now and time.monotonic() - self._polled < POLL_S:
            return
        self._polled = time.monotonic()
        given = killfile.command(self.folder, self.book.trading.state, boot=now)
        if given is not None:
            verb, principal, args = given
            self.command(verb, principal=principal, **args)

    def _wait(self, seconds: float) -> None:
        """Pace; the KILL file and commands are seen meanwhile."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self._stop.is_set():
            self._between()
            self._stop.wait(min(left, 0.05))

    def _between(self) -> None:
        """Between two inputs, while something is waited for."""
        self._cycle.commit()
        self._poll_kill()
        if self.on_cycle is not None:
            self.on_cycle(self)

    # The end

    def close(self, *, reason: str = "closed") -> None:
        """Keep a snapshot and stop cleanly."""
        if self._cycle.ahead:
            self.abandon()
        if self._closed:
            return
        self._closed = True
        try:
            if not self.book.requests:
                self.snapshot()
            self._cycle.note(events.Shutdown(reason))
            self._cycle.commit()
            self.journal.close()
        finally:
            # Where a write was refused the connection would keep the file locked.
            self.journal.abandon()
            self._end()

    def abandon(self) -> None:
        """Stop without another write, as after an error."""
        if not self._closed:
            self._closed = True
            self.journal.abandon()
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
