"""Memory that is freed and taken again at once, update after update, is kept by the process."""

from __future__ import annotations

import ctypes
import sys

# Names of <malloc.h>.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4
_PAD_BYTES = 64 << 20


def keep_freed_memory() -> bool:
    """Ask the C library not to hand freed memory back to the system; False where it cannot be asked.

    Every minibatch frees tensors of some megabytes and allocates them anew. By default glibc returns them to the
    system, and the page faults of taking them again cost more than a third of an update.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    options = ((_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, 2**31 - 1), (_M_TOP_PAD, _PAD_BYTES))
    return all(mallopt(option, value) == 1 for option, value in options)
