"""Plain values (nested tuples of int, str, bytes) as bytes that are equal exactly where the values are."""

from __future__ import annotations

import hashlib
from typing import TypeAlias

Plain: TypeAlias = "int | str | bytes | tuple[Plain, ...]"


def canonical_bytes(value: Plain) -> bytes:
    """Tagged, length-prefixed bytes of a plain value.

    Raises
    ------
    TypeError
        Anything but int, str, bytes and tuples of them; bool and float too.
    """
    out: list[bytes] = []
    _write(value, out)
    return b"".join(out)


def digest(value: Plain) -> bytes:
    """SHA-256 of `canonical_bytes`."""
    return hashlib.sha256(canonical_bytes(value)).digest()


def _write(value: Plain, out: list[bytes]) -> None:
    if type(value) is tuple:
        out.append(b"(%d:" % len(value))
        for item in value:
            _write(item, out)
    elif isinstance(value, int) and not isinstance(value, bool):
        out.append(b"i%d;" % value)
    elif isinstance(value, str):
        text = value.encode()
        out.append(b"s%d:" % len(text) + text)
    elif isinstance(value, bytes):
        out.append(b"b%d:" % len(value) + value)
    else:
        raise TypeError(f"expected int, str, bytes or a tuple of them, got {type(value).__name__}")
