"""The edge to files from outside: limits come first, and every failure becomes a `DataError`."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from quantrl.data.origin import one_line
from quantrl.errors import DataError, QuantrlError

MAX_BYTES = 4 << 30
_PACKED = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
}


@contextmanager
def edge(name: str) -> Iterator[None]:
    """Let nothing but quantrl's own errors out of the body.

    A panic in polars is a `BaseException`, so it is named beside `Exception`.

    Raises
    ------
    DataError
        Anything else that went wrong, on one line that starts with `name`.
    """
    try:
        yield
    except QuantrlError:
        raise
    except (Exception, pl.exceptions.PanicException) as error:
        detail = one_line(str(error).split("\n")[0]) or type(error).__name__
        raise DataError(f"{name}: cannot be read: {detail}") from None


def check_file(file: Path) -> tuple[str, bytes]:
    """Name for messages and first 8 bytes of a file that may be read.

    Raises
    ------
    DataError
        Missing, not a regular file, empty, or over 4 GiB.
    """
    name = one_line(file)
    try:
        status = file.stat()
        if stat.S_ISDIR(status.st_mode):
            raise DataError(f"{name}: is a folder, expected a file")
        if not stat.S_ISREG(status.st_mode):
            raise DataError(f"{name}: is not a regular file")
        if status.st_size == 0:
            raise DataError(f"{name}: is empty")
        if status.st_size > MAX_BYTES:
            raise DataError(f"{name}: has {status.st_size} bytes, more than {MAX_BYTES}")
        with file.open("rb") as handle:
            return name, handle.read(8)
    except FileNotFoundError:
        raise DataError(f"{name}: no such file") from None
    except DataError:
        raise
    except (OSError, ValueError) as error:
        problem = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        raise DataError(f"{name}: cannot be opened: {one_line(problem)}") from None


def check_not_packed(name: str, head: bytes) -> None:
    """Refuse compressed text, whose size says nothing about what comes out of it.

    Raises
    ------
    DataError
        The file starts like gzip, zstd, zip, bzip2 or xz.
    """
    for magic, kind in _PACKED.items():
        if head.startswith(magic):
            raise DataError(f"{name}: is compressed with {kind}; unpack it first")
