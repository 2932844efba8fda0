"""The engine as its supervisor sees it: a process, what it said last, and when."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from quantrl.live.folder_lock import FolderLock
from quantrl.live.heart import GO, OPENING, STANDING

START_S = 60.0
"""Longest time to the first sign of life: an interpreter starts, and modules are read."""
SILENT_S = 5.0
ABORT_S = 2.0
UNDER = "--under"
_PIECE = 1 << 16


@dataclass
class Said:
    """The newest message."""

    phase: str = ""
    state: str = ""
    text: str = ""


@dataclass
class EngineProcess:
    """One life of the engine: it reads its modules, and opens the book once it is told to.

    Parameters
    ----------
    command : sequence of str
        To which ``--under`` is added with the descriptor of a channel.
    environ : mapping

    Attributes
    ----------
    lock : FolderLock or None
        The folder's, shared with the engine; where there is none yet, the engine takes it and shares it with us.
    begun : float
        Monotonic time at which it was told to open the book, before that at which it was started.
    """

    command: Sequence[str]
    environ: Mapping[str, str]
    lock: FolderLock | None = None
    said: Said = field(default_factory=Said)

    def __post_init__(self) -> None:
        self.channel, theirs = socket.socketpair()
        with theirs:
            words = [*self.command, UNDER, str(theirs.fileno())]
            try:
                # A signal from the terminal is the supervisor's to hand on, once.
                self._process = subprocess.Popen(
                    words, pass_fds=[theirs.fileno()], env=dict(self.environ), start_new_session=True
                )
            except BaseException:
                self.channel.close()
                raise
        self.channel.setblocking(False)
        self.begun = self.heard = time.monotonic()
        self.aborted: float | None = None
        self.open = True
        self._rest = b""

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def awake(self) -> bool:
        """Whether it has begun to open the book, and so heeds signals."""
        return self.said.phase not in ("", STANDING)

    def go(self, lock: FolderLock | None) -> None:
        """Have it open the book, with the folder's lock where it is held already.

        Raises
        ------
        OSError
            It has ended.
        """
        self.lock = lock
        socket.send_fds(self.channel, [GO], [] if lock is None else [lock.fileno()])
        self.begun = self.heard = time.monotonic()

    def hear(self) -> bool:
        """Read what it said; whether there was anything."""
        news = False
        while self.open:
            try:
                data, locks, _, _ = socket.recv_fds(self.channel, _PIECE, 4)
            except BlockingIOError:
                break
            except OSError:
                data, locks = b"", []
            for number in locks:
                self._own(FolderLock.shared(number))
            self.open = bool(data)
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines[-1:]:
                with suppress(ValueError, TypeError):
                    self.said, news = Said(**json.loads(line)), True
            if data:
                self.heard = time.monotonic()
        return news

    def overdue(self, now: float) -> bool:
        """Whether it was silent for too long; it is then told to say where it is, and two seconds later it is killed."""
        allowed = SILENT_S if self.awake else START_S
        if self.aborted is None and now - self.heard > allowed:
            self.aborted = now
            self.send(signal.SIGABRT)
            return True
        if self.aborted is not None and now - self.aborted > ABORT_S:
            self.send(signal.SIGKILL)
        return False

    def send(self, number: int) -> None:
        """A signal."""
        with suppress(OSError):
            self._process.send_signal(number)

    def ended(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        code = self._process.poll()
        if code is not None:
            self.hear()
            self.channel.close()
        return code

    def kill(self) -> None:
        """End it now, and wait until it has."""
        self.send(signal.SIGKILL)
        self._process.wait()
        self.ended()

    def _own(self, lock: FolderLock) -> None:
        if self.lock is None:
            self.lock = lock
        else:
            lock.close()


def opening(phase: str) -> bool:
    """Whether the book is not there yet in this phase."""
    return phase in ("", STANDING, OPENING)


def fault_file(folder: str | os.PathLike[str]) -> str:
    """Where the stacks of an engine that was aborted are kept."""
    return os.path.join(folder, "log", "stacks.txt")
