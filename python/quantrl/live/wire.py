"""What goes over a book's socket: where it is, and frames of a length in four bytes and then one JSON object."""

from __future__ import annotations

import json
import os
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SOCKET = "engine.sock"
LIMIT = 1 << 20
SHORT = 100
"""Bytes of a path that every system takes; the kernel's own limit is 103 to 107."""
_LENGTH = struct.Struct(">I")
_PIECE = 1 << 16


class FrameError(ValueError):
    """Bytes that are no frame: says what was expected."""


@contextmanager
def address(folder: Path) -> Iterator[str]:
    """A name of the socket that is short enough to bind or connect to, however long the folder's path is.

    Raises
    ------
    FileNotFoundError, NotADirectoryError
        There is no such folder.
    """
    plain = str(folder / SOCKET)
    if len(os.fsencode(plain)) <= SHORT:
        yield plain
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{SOCKET}"
    finally:
        os.close(descriptor)


def frame(value: Any) -> bytes:
    """A JSON object as one frame.

    Raises
    ------
    FrameError
        Longer than 1 MiB.
    """
    body = json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
    if len(body) > LIMIT:
        raise FrameError(f"frame: expected at most {LIMIT} bytes, got {len(body)}")
    return _LENGTH.pack(len(body)) + body


def receive(peer: socket.socket, idle_s: float, frame_s: float) -> dict[str, Any] | None:
    """The next object; None where the peer ended between two frames.

    Parameters
    ----------
    peer : socket
    idle_s, frame_s : float
        Longest silence before a frame, and longest time from its first byte to its last.

    Raises
    ------
    FrameError
        A length of 0 or above 1 MiB, an end within a frame, or a body that is no JSON object.
    TimeoutError, OSError
    """
    peer.settimeout(idle_s)
    first = peer.recv(1)
    if not first:
        return None
    end = time.monotonic() + frame_s
    (length,) = _LENGTH.unpack(first + _exactly(peer, _LENGTH.size - 1, end))
    if not 0 < length <= LIMIT:
        raise FrameError(f"frame: expected 1 to {LIMIT} bytes, got {length}")
    try:
        value = json.loads(_exactly(peer, length, end))
    except (ValueError, RecursionError) as error:
        raise FrameError(f"frame: expected JSON: {type(error).__name__}") from None
    if not isinstance(value, dict):
        raise FrameError(f"frame: expected an object, got {type(value).__name__}")
    return value


def _exactly(peer: socket.socket, count: int, end: float) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError("frame: it takes too long")
        peer.settimeout(left)
        piece = peer.recv(min(count - len(parts), _PIECE))
        if not piece:
            raise FrameError(f"frame: expected {count} bytes, got {len(parts)} and the end")
        parts += piece
    return bytes(parts)
