"""What systemd is told of a daemon: sd_notify(3), the four messages a supervisor needs."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress

OWN = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
"""Variables that speak to this process alone; children are started without them."""


class Service:
    """The other end of ``NOTIFY_SOCKET``; without it nothing is said.

    Parameters
    ----------
    environ : mapping
        `OWN` is read.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "").replace("@", "\0", 1)
        meant = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        usec = environ.get("WATCHDOG_USEC", "")
        self._every_s = int(usec) / 2e6 if meant and usec.isdecimal() and int(usec) else None
        self._status, self._beaten = "", 0.0

    def ready(self) -> None:
        """The book is recovered and its clients are served."""
        self._tell("READY=1")

    def status(self, text: str) -> None:
        """One line for people; said again only when it changes."""
        if text != self._status:
            self._status = text
            self._tell(f"STATUS={text}")

    def stopping(self) -> None:
        """The end has begun."""
        self._tell("STOPPING=1")

    def alive(self, now: float) -> None:
        """Twice in every interval that systemd allows for silence."""
        if self._every_s is not None and now - self._beaten >= self._every_s:
            self._beaten = now
            self._tell("WATCHDOG=1")

    def _tell(self, line: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as peer:
            peer.setblocking(False)
            peer.sendto(line.replace("\n", " ").encode(), self._address)
