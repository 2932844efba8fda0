"""A block in which this process opens no connection: what a replay runs under."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from quantrl.errors import ReplayMismatch

_REFUSED = {
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.sendto",
    "socket.sendmsg",
}
_depth = 0
_hooked = False


def _hook(event: str, args: tuple[object, ...]) -> None:
    if _depth and event in _REFUSED:
        raise ReplayMismatch(f"replay: expected no use of the network, got {event}")


@contextmanager
def no_network() -> Iterator[None]:
    """Refuse every connection and look-up of a name from Python code, in all threads, until the block ends.

    Raises
    ------
    ReplayMismatch
        From whatever tries.

    Notes
    -----
    An audit hook cannot be removed; outside the block ours lets everything pass.
    """
    global _depth, _hooked
    if not _hooked:
        sys.addaudithook(_hook)
        _hooked = True
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
