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

from quantrl.live.heart import OPENING
from quantrl.live.storage import FolderLock

START_S = 60.0
"""Longest time to the first sign of life: an interpreter starts, and modules are read."""
SILENT_S = 5.0
ABORT_S = 2.0
UNDER, LOCK, NOT_BEFORE = "--under", "--lock", "--not-before"
_PIECE = 1 << 16


@dataclass
class Said:
    """The newest message."""

    phase: str = ""
    state: str = ""
    text: str = ""


@dataclass
class EngineProcess:
    """One life of the engine.

    Parameters
    ----------
    command : sequence of str
        To which ``--under`` and, where the folder's lock is held already, ``--lock`` are added with their descriptors.
    environ : mapping
    lock : FolderLock, optional
        Shared with the engine; where there is none yet, the engine takes it and shares it with us.
    not_before : float, optional
        Monotonic time at which the book may be opened; until then modules are read.
    """

    command: Sequence[str]
    environ: Mapping[str, str]
    lock: FolderLock | None = None
    not_before: float | None = None
    said: Said = field(default_factory=Said)

    def __post_init__(self) -> None:
        self.channel, theirs = socket.socketpair()
        with theirs:
            numbers = [theirs.fileno()]
            words = [*self.command, UNDER, str(theirs.fileno())]
            if self.lock is not None:
                numbers.append(self.lock.fileno())
                words += [LOCK, str(self.lock.fileno())]
            if self.not_before is not None:
                words += [NOT_BEFORE, repr(self.not_before)]
            try:
                # A signal from the terminal is the supervisor's to hand on, once.
                self._process = subprocess.Popen(
                    words, pass_fds=numbers, env=dict(self.environ), start_new_session=True
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
        """Whether it has said anything yet, and so heeds signals."""
        return self.said.phase != ""

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
    return phase in ("", OPENING)


def fault_file(folder: str | os.PathLike[str]) -> str:
    """Where the stacks of an engine that was aborted are kept."""
    return os.path.join(folder, "log", "stacks.txt")
