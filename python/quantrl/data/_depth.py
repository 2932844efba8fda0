"""Depth arrays: both sides of a book, best level first, in an array of the caller's."""

from __future__ import annotations

import numpy as np

from quantrl.errors import ConfigError
from quantrl.typing import IntArray


def depth_array(levels: int, out: IntArray | None) -> IntArray:
    """`out` after a check, or a new array.

    Parameters
    ----------
    levels : int
        Levels a side, at least 1.
    out : (2, levels, 2) int64, C-contiguous and writable, or None

    Raises
    ------
    ConfigError
        Naming `levels` or `out`.
    """
    if isinstance(levels, bool) or not isinstance(levels, int | np.integer) or levels < 1:
        raise ConfigError(f"levels: expected a whole number of at least 1, got {levels!r}")
    shape = (2, int(levels), 2)
    if out is None:
        return np.empty(shape, np.int64)
    if not isinstance(out, np.ndarray) or out.dtype != np.int64 or out.shape != shape:
        got = f"{out.dtype} {out.shape}" if isinstance(out, np.ndarray) else type(out).__name__
        raise ConfigError(f"out: expected an int64 array of shape {shape}, got {got}")
    if not out.flags.c_contiguous or not out.flags.writeable:
        raise ConfigError("out: expected a writable, C-contiguous array")
    return out
