"""Files written whole or not at all, and read up to a limit."""

from __future__ import annotations

import os
from pathlib import Path

from quantrl.errors import DataError

MAX_BYTES = 256 << 20


def write_whole(path: Path, content: bytes) -> None:
    """Write under a temporary name, flush to the disk, rename."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_limited(path: Path) -> bytes:
    """A whole file.

    Raises
    ------
    DataError
        Cannot be read, or over 256 MiB.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise DataError(f"{path}: expected at most {MAX_BYTES} bytes, got {size}")
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
