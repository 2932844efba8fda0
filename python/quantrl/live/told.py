"""What the system refuses, as an error that names the file."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from quantrl.errors import StorageError


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what the system refuses into `StorageError` that names the file."""
    try:
        yield
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror or error}", error.errno or errno.EIO) from error
