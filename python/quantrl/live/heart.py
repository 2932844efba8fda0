"""The engine's side of the channel to its supervisor: signs of life, and the end of one is the end of the other."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from quantrl.live.folder_lock import FolderLock

EVERY_S = 1.0
GONE_S = 1.0
"""From the supervisor's death to the engine's, should it not end by itself."""
_LONGEST = 400
STANDING, OPENING, RUNNING, STOPPING = "standing by", "opening", "running", "stopping"
GO = b"go"
"""All that a supervisor ever sends: the book is to be opened. With it comes the folder's lock, where it is held already."""


class Heart:
    """Tells the supervisor once a second what the engine does; without one it tells nobody.

    It is the thread that makes progress that beats: one that hangs is noticed.

    Parameters
    ----------
    channel : socket, optional
        To the supervisor.
    """

    def __init__(self, channel: socket.socket | None = None) -> None:
        self._channel = channel
        self._said = {"phase": STANDING, "state": "", "text": ""}
        self._sent, self._told = 0.0, False
        self._guard = threading.Lock()
        if channel is not None:
            channel.setblocking(False)

    @staticmethod
    def joined(number: int) -> Heart:
        """On a descriptor inherited from the supervisor; the engine ends when the other end closes."""
        os.set_inheritable(number, False)
        heart = Heart(socket.socket(fileno=number))
        threading.Thread(target=heart._follow, name="supervisor", daemon=True).start()
        return heart

    def told_to_open(self) -> FolderLock | None:
        """Wait for the supervisor's word; the folder's lock where it is held already.

        Raises
        ------
        SystemExit
            The supervisor needs this engine no longer, or is gone.
        """
        assert self._channel is not None
        self._channel.setblocking(True)
        try:
            word, locks, _, _ = socket.recv_fds(self._channel, len(GO), 1)
        except OSError:
            word, locks = b"", []
        if word != GO:
            raise SystemExit(0)
        self._channel.setblocking(False)
        self._told = True
        return FolderLock.shared(locks[0]) if locks else None

    @property
    def supervised(self) -> bool:
        """Whether there is a supervisor."""
        return self._channel is not None

    def beat(self) -> None:
        """A sign of life, at most once a second; never waits."""
        if self._channel is not None and time.monotonic() - self._sent >= EVERY_S:
            self._send()

    def tell(self, phase: str, state: str = "", text: str = "") -> None:
        """What the engine does now; a new phase or trading state is told at once."""
        if self._channel is None:
            return
        news = (phase, state) != (self._said["phase"], self._said["state"])
        self._said = {"phase": phase, "state": state, "text": text[:_LONGEST]}
        if news or time.monotonic() - self._sent >= EVERY_S:
            self._send()

    def hand_over(self, lock: int) -> None:
        """Give the supervisor a share in the folder's lock: it holds it while no engine runs."""
        if self._channel is not None:
            self._channel.setblocking(True)
            with suppress(OSError), self._guard:
                socket.send_fds(self._channel, [self._line()], [lock])
            self._channel.setblocking(False)

    @contextmanager
    def longer(self, limit_s: float) -> Iterator[None]:
        """While one call takes longer than a heart may be silent: another thread beats, but for no more than `limit_s`."""
        if self._channel is None or limit_s <= 0:
            yield
            return
        done, end = threading.Event(), time.monotonic() + limit_s

        def go_on() -> None:
            while time.monotonic() < end and not done.wait(EVERY_S / 2):
                self.beat()

        thread = threading.Thread(target=go_on, name="heart", daemon=True)
        thread.start()
        try:
            self.beat()
            yield
        finally:
            done.set()
            thread.join()

    def _line(self) -> bytes:
        return json.dumps(self._said).encode() + b"\n"

    def _send(self) -> None:
        assert self._channel is not None
        self._sent = time.monotonic()
        # A supervisor that does not read, or is gone, is no reason to wait: the thread that follows it ends us.
        with suppress(OSError), self._guard:
            self._channel.send(self._line())

    def _follow(self) -> None:
        """The other end closes: an engine that has opened nothing ends at once."""
        assert self._channel is not None
        poll = select.poll()
        poll.register(self._channel, 0)  # hang-ups alone
        poll.poll()
        if not self._told:
            os._exit(0)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GONE_S)
        os._exit(1)


ALONE = Heart()
