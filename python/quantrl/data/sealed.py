"""Arrays that nobody but their owner can write to, not even after ``setflags(write=True)``."""

from __future__ import annotations

import mmap
import os
import tempfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ALIGNMENT = 64


def frozen(values: Any, dtype: Any) -> NDArray[Any]:
    """A C-contiguous copy of `values` whose memory is an immutable ``bytes`` object."""
    array = np.ascontiguousarray(values, dtype=dtype)
    return np.frombuffer(array.tobytes(), dtype=array.dtype).reshape(array.shape)


class Sealed:
    """Shared memory mapped twice: writable for the one who made it, read-only for everybody else.

    The read-only arrays hold no reference to the writable mapping, and the operating system refuses writes
    through them, so they can be handed to code that is not trusted.

    Parameters
    ----------
    n_bytes : int
        Room for every array to be taken, see `room`.
    """

    def __init__(self, n_bytes: int) -> None:
        size = max(n_bytes, 1)
        fd = _memory_file()
        try:
            os.ftruncate(fd, size)
            self._writable = mmap.mmap(fd, size)
            self._readable = mmap.mmap(fd, size, prot=mmap.PROT_READ)
        finally:
            os.close(fd)
        self._used = 0

    @staticmethod
    def room(shape: tuple[int, ...], dtype: Any) -> int:
        """Bytes one array takes, rounded up to the alignment."""
        n_bytes: int = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
        return -(-n_bytes // _ALIGNMENT) * _ALIGNMENT

    def take(self, shape: tuple[int, ...], dtype: Any, fill: Any) -> tuple[NDArray[Any], NDArray[Any]]:
        """The next array, twice: writable and read-only, filled with `fill`."""
        count = int(np.prod(shape, dtype=np.int64))
        views = [
            np.frombuffer(memory, dtype=dtype, count=count, offset=self._used).reshape(shape)
            if count
            else frozen(np.empty(shape), dtype)
            for memory in (self._writable, self._readable)
        ]
        self._used += self.room(shape, dtype)
        if count:
            views[0][...] = fill
        return views[0], views[1]


def _memory_file() -> int:
    if hasattr(os, "memfd_create"):
        fd: int = os.memfd_create("quantrl")
        return fd
    fd, path = tempfile.mkstemp(prefix="quantrl")
    os.unlink(path)
    return fd
