"""How a process that runs for weeks gives memory back."""

from __future__ import annotations

import ctypes
import sys

MAPPED_FROM = 128 * 1024
"""Blocks of at least so many bytes are mapped by themselves and go back when they are freed: the C library's own start."""
_M_MMAP_THRESHOLD = -3


def settle() -> bool:
    """Keep the C library from raising that size; whether it can be told.

    Each large block that is freed lets glibc keep larger ones in its heap from then on (mallopt(3), M_MMAP_THRESHOLD). Small
    blocks that live on then hold the room of snapshots and stretches of events that are long gone.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:  # another C library
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, MAPPED_FROM))
