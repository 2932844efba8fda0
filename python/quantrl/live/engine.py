"""The daemon: feed, agents and commands in; events committed; only then anything outside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from quantrl.errors import FatalError
from quantrl.live import events, summary
from quantrl.live.asking import Asking
from quantrl.live.commands import Commands
from quantrl.live.config import PaperConfig
from quantrl.live.feeds import pace_of
from quantrl.live.folder_lock import FolderLock
from quantrl.live.heart import ALONE, Heart
from quantrl.live.journal import Journal
from quantrl.live.observed import Observed
from quantrl.live.opened import SETUP_S, Opened
from quantrl.live.outbox import take_spool
from quantrl.live.pauses import Pauses
from quantrl.live.playing import Playing, Progress
from quantrl.live.state import State
from quantrl.live.storage import DISK, Disk
from quantrl.live.summary import Summary
from quantrl.units import ns_from_iso

if TYPE_CHECKING:
    from quantrl.data import Panel

CLOSE_S = 30.0


class Daemon:
    """A paper book in this process. Made by `create` and `open`; closed by `close` or a ``with`` block.

    Every input is applied to the state together with what follows from it, appended to the journal and committed; hosted
    agents and clients hear of it only afterwards.
    """

    def __init__(self, opened: Opened, heart: Heart = ALONE) -> None:
        self.folder, self.setup, self.lock, self.heart = opened.folder, opened.setup, opened.lock, heart
        self._cycle, self._storage = opened.cycle, opened.storage
        self._closed = False
        self.on_cycle: Callable[[Daemon], None] | None = None
        """Called after every bar, and while a bar, an answer or the end is waited for."""
        self.observed = Observed(self._cycle.timings)
        self._commands = Commands(self.folder, self._cycle, self._storage)
        self._pauses = Pauses(self._cycle, self._commands, self.observed, self._serve)
        self._asking = Asking(self._cycle, heart, self._pauses.between)
        self._playing = Playing(self._cycle, self._commands, self._asking, self._pauses, self.observed)

    @staticmethod
    def create(
        folder: str | Path,
        config: PaperConfig,
        *,
        panel: Panel | None = None,
        heart: Heart = ALONE,
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
        heart : Heart
            Tells a supervisor that all is well.
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
        return Daemon._begun(Opened.create(Path(folder), config, panel, heart, disk, vfs), heart)

    @staticmethod
    def open(
        folder: str | Path,
        *,
        panel: Panel | None = None,
        accept_upgrade: bool = False,
        hosts: dict[str, Any] | None = None,
        lock: FolderLock | None = None,
        heart: Heart = ALONE,
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
        lock : FolderLock, optional
            The folder's, where this process has it already; closed with the book.
        heart : Heart
            Tells a supervisor that all is well.

        Raises
        ------
        ConfigError
            No book there.
        AlreadyRunning
            Another process has it.
        JournalError, ReplayMismatch, FeedError
            It does not say what it must, or its feed changed.
        """
        opened = Opened.open(Path(folder), panel, accept_upgrade, hosts, lock, heart, disk, vfs)
        return Daemon._begun(opened, heart)

    @staticmethod
    def _begun(opened: Opened, heart: Heart) -> Daemon:
        try:
            daemon = Daemon(opened, heart)
            take_spool(daemon)
            daemon._commands.poll(now=True)
        except BaseException:
            opened.abandon()
            raise
        return daemon

    # Running

    def run(
        self,
        until: str | int | None = None,
        speed: float | str = "max",
        progress: Progress | None = None,
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
        self.observed.pace = pace_of(speed)
        end = ns_from_iso(until, end_of_day=True) if isinstance(until, str) else until
        # Whoever survived a full disk gave it back.
        with self.heart.longer(SETUP_S):
            self._storage.reserve()
        self._asking.begin()
        self._playing.run(end, progress)

    def stay(self) -> None:
        """After the feed's end: heed the KILL file and `on_cycle` until `stop` is called."""
        while not self._pauses.stopped:
            self._pauses.wait(1.0)

    def stop(self) -> None:
        """End `run` after the current bar; safe from other threads and signal handlers."""
        self._pauses.stop()

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
            A verb that may not be given now; `CommandConflict`: a nonce used for another command. Nothing has changed.
        """
        return self._commands.take(verb, nonce, principal, args)

    def note(self, *values: Any) -> None:
        """Write down, durably, what changes no decision: events of the lifecycle kinds."""
        self._cycle.note(*values)
        self._cycle.commit()

    def snapshot(self) -> str:
        """Keep the state, so that a start need not fold everything; the name of its file."""
        return self._cycle.snapshot()

    def _serve(self) -> None:
        if self.on_cycle is not None:
            self.on_cycle(self)

    # What it is

    @property
    def bar(self) -> int:
        """Index of the newest bar; -1 before the first."""
        return self._playing.bar

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

    # The end

    def close(self, *, reason: str = "closed") -> None:
        """Keep a snapshot and stop cleanly."""
        if self._cycle.ahead:
            self.abandon()
        if self._closed:
            return
        self._closed = True
        try:
            with self.heart.longer(CLOSE_S):
                self._finish(reason)
        finally:
            # Where a write was refused the connection would keep the file locked.
            self.journal.abandon()
            self._end()

    def _finish(self, reason: str) -> None:
        if not self.book.requests:
            self.snapshot()
        self._cycle.note(events.Shutdown(reason))
        self._cycle.commit()
        self.journal.close()

    def abandon(self) -> None:
        """Stop without another write, as after an error."""
        if not self._closed:
            self._closed = True
            self.journal.abandon()
            self._end()

    def _end(self) -> None:
        self._asking.close()
        self.lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None or not issubclass(kind, (FatalError, OSError)):
            self.close()
        else:
            self.abandon()
