"""Keeps an engine running, ends it when it must not run, and tells whoever waits. Standard library only."""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from quantrl.errors import StorageError
from quantrl.live import killfile
from quantrl.live.backoff import Backoff
from quantrl.live.children import Child, Children
from quantrl.live.engine_process import EngineProcess, fault_file, opening
from quantrl.live.folder_lock import FolderLock
from quantrl.live.heart import STOPPING
from quantrl.live.service import OWN, Service
from quantrl.live.spool import Spool
from quantrl.live.standby import Standby

FATAL = frozenset({6, 8, 11})
"""Exit codes after which a start changes nothing: replay mismatch, disk, journal."""
CRASHED, HALTED_DOWN, DONE, INTERRUPTED = 1, 7, 0, 130
ON_PURPOSE = frozenset({DONE, HALTED_DOWN, INTERRUPTED})
"""Exit codes with which an engine that was started again may end without a word."""
TICK_S = 0.2
HALT_S = 1.7
"""From when the KILL file is seen, at most a tick after it appeared, to when the engine is killed."""
DRAIN_S, AT_ONCE_S = 9.4, 1.0
_HEEDED = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGCHLD)
Say = Callable[[str], None]


class Supervisor:
    """One book's supervisor.

    Parameters
    ----------
    folder : Path
        Of the book; made by the engine where it is not there.
    command : sequence of str
        Starts the engine.
    children : mapping of str to Child
        Started once the book is ready, and kept running beside it.
    say : callable (str)
        For people.
    log : callable (str)
        For the log.
    last_words : callable, optional
        Called once where the book stays down, after the reason is in the spool.
    environ : mapping
        Of the engine; the variables of systemd's protocol are used here and not handed on.
    """

    def __init__(
        self,
        folder: Path,
        command: Sequence[str],
        children: Mapping[str, Child] | None = None,
        *,
        say: Say = lambda line: None,
        log: Say = lambda line: None,
        last_words: Callable[[], None] = lambda: None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.folder = folder
        self._say, self._log, self._last_words = say, log, last_words
        self._service, self._backoff = Service(environ), Backoff()
        ours = {name: value for name, value in environ.items() if name not in OWN}
        self._standby = Standby(command, ours, log)
        self._children = Children(children or {}, log)
        self._lock: FolderLock | None = None
        self._engine: EngineProcess | None = None
        self._restart, self._restarted = 0.0, False
        self._signals: list[int] = []
        self._stopped_by: int | None = None
        self._end = 0.0
        self._halt_due: float | None = None
        self._halt_asked = self._halt_signalled = self._killed_for_halt = self._ready = False

    def run(self) -> int:
        """Until the engine has ended for good, or a signal ends both; the exit code."""
        with self._heeding() as woken:
            try:
                code = None
                while code is None:
                    code = self._step(woken)
                self._service.stopping()
                return code
            finally:
                if self._engine is not None:
                    self._engine.kill()
                self._standby.close()
                self._children.close()
                if self._lock is not None:
                    self._lock.close()

    def _step(self, woken: socket.socket) -> int | None:
        now = time.monotonic()
        if self._engine is None:
            if self._stopped_by is not None:
                return INTERRUPTED if self._stopped_by == signal.SIGINT else DONE
            if now >= self._restart and (code := self._start()) is not None:
                return code
        if self._engine is None or self._ready:
            self._standby.tend(now)
        self._wait(woken)
        now = time.monotonic()
        self._service.alive(now)
        self._children.tend(now)
        self._take_signals(now)
        engine = self._engine
        if engine is None:
            return None
        if engine.hear():
            self._heard(engine)
        code = engine.ended()
        self._lock = engine.lock
        if code is not None:
            self._engine = None
            return self._ended(code, now - engine.begun)
        self._guard(engine, now)
        return None

    def _start(self) -> int | None:
        """An exit code where another start is one too many, else None."""
        try:
            engine = self._standby.taken()
            try:
                engine.go(self._lock)
            except OSError:
                engine.kill()
                raise
        except OSError as error:
            if not self._restarted:
                raise
            return self._crashed(f"could not be started ({error})", 0.0)
        self._engine = engine
        self._log(f"engine started: process {engine.pid}")
        return None

    def _wait(self, woken: socket.socket) -> None:
        channels = [woken]
        if self._engine is not None and self._engine.open:
            channels.append(self._engine.channel)
        pause = TICK_S if self._engine is not None else self._restart - time.monotonic()
        readable, _, _ = select.select(channels, [], [], min(max(pause, 0.0), TICK_S))
        if woken in readable:
            with suppress(BlockingIOError):
                woken.recv(4096)

    def _heard(self, engine: EngineProcess) -> None:
        said = engine.said
        self._service.status(f"{said.phase} {said.state} {said.text}".strip())
        if said.phase == STOPPING:
            self._service.stopping()
        elif not opening(said.phase) and not self._ready:
            self._ready = True
            self._service.ready()
            self._children.start()
            self._standby.later(time.monotonic())

    # Signals

    def _take_signals(self, now: float) -> None:
        signals, self._signals = self._signals, []
        for number in signals:
            if number == signal.SIGUSR1:
                self._halt_asked = True
            elif self._stopped_by is None:
                self._stopped_by, self._end = number, now + DRAIN_S
                self._log(f"{signal.Signals(number).name}: the engine is told to end")
                self._service.stopping()
                self._hand_on(number)
            else:
                self._end = min(self._end, now + AT_ONCE_S)
                self._hand_on(number)
        engine = self._engine
        if self._halt_asked and engine is not None and engine.awake:
            # Earlier the signal would end a process that does not know it yet.
            self._halt_asked, self._halt_signalled = False, True
            self._halt_due = now + HALT_S
            engine.send(signal.SIGUSR1)

    def _hand_on(self, number: int) -> None:
        if self._engine is not None:
            self._engine.send(number)

    # What must not go on

    def _guard(self, engine: EngineProcess, now: float) -> None:
        if self._stopped_by is not None:
            if now >= self._end:
                self._log("the engine did not end in time: it is killed; what was committed is kept")
                engine.send(signal.SIGKILL)
        elif engine.overdue(now):
            self._log(f"the engine was silent for too long: where it was is in {fault_file(self.folder)}")
        self._guard_halt(engine, now)

    def _guard_halt(self, engine: EngineProcess, now: float) -> None:
        """A KILL file or SIGUSR1 that the engine does not heed in time ends it; only a book that is open can heed one."""
        if opening(engine.said.phase):
            if self._halt_due is not None:
                self._halt_due = now + HALT_S
            return
        wish = killfile.read(self.folder)
        state = engine.said.state
        if state == "HALTED":
            self._halt_due, self._halt_signalled = None, False
        elif wish is not None and wish.flatten and state == "FLATTEN":
            self._halt_due = None
        elif wish is None and not self._halt_signalled:
            self._halt_due = None  # the file was taken away again
        elif wish is not None and self._halt_due is None:
            self._halt_due = now + HALT_S
        elif self._halt_due is not None and now >= self._halt_due and not self._killed_for_halt:
            self._killed_for_halt = True
            engine.send(signal.SIGKILL)
            if wish is None:
                with suppress(StorageError):
                    killfile.write(self.folder, killfile.Wish(False, "SIGUSR1 was not heeded"))

    def _ended(self, code: int, ran_s: float) -> int | None:
        """What follows from an engine's end: an exit code, or None and another start."""
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        self._log(f"engine ended after {ran_s:.1f} s: {name}")
        if self._stopped_by is not None:
            return self._ended_by_signal(code)
        if self._killed_for_halt:
            return self._down("halt", "the engine did not halt in time and was killed", HALTED_DOWN)
        if code < 0 or code == CRASHED:
            return self._crashed(f"ended by {name}", ran_s)
        if code in FATAL or (self._restarted and code not in ON_PURPOSE):
            return self._down("fatal", f"the engine ended by {name}", code)
        return code

    def _crashed(self, how: str, ran_s: float) -> int | None:
        pause = self._backoff.ended(time.monotonic(), ran_s)
        if pause is None:
            return self._down("crashes", f"the engine crashed too often, the last time it {how}", CRASHED)
        self._tell("crash", f"the engine {how}; it is started again in {pause:g} s")
        self._restart, self._restarted = time.monotonic() + pause, True
        self._ready = False
        self._standby.soon(time.monotonic())
        # Whoever was to halt may have died of something else: the next one is told again.
        self._halt_asked, self._halt_signalled = self._halt_asked or self._halt_signalled, False
        self._halt_due = None
        return None

    def _ended_by_signal(self, code: int) -> int:
        if code >= 0 and code != CRASHED:
            return code
        return INTERRUPTED if self._stopped_by == signal.SIGINT else DONE

    def _down(self, topic: str, text: str, code: int) -> int:
        self._tell(topic, f"{text}; the book stays down")
        self._service.stopping()
        self._standby.close()
        self._children.close()
        self._last_words()
        return code

    def _tell(self, topic: str, text: str) -> None:
        self._log(text)
        self._service.status(text)
        if self._lock is not None:  # the folder is this book's
            with suppress(StorageError):
                Spool(self.folder).add(topic, text)
        self._say(f"{self.folder}: {text}")

    @contextmanager
    def _heeding(self) -> Iterator[socket.socket]:
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setblocking(False)
        before = {number: signal.signal(number, self._note) for number in _HEEDED}
        woken_before = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        try:
            yield ours
        finally:
            signal.set_wakeup_fd(woken_before)
            for number, handler in before.items():
                signal.signal(number, handler)
            ours.close()
            theirs.close()

    def _note(self, number: int, frame: FrameType | None) -> None:
        if number != signal.SIGCHLD:
            self._signals.append(number)
