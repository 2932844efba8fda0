"""Medians of what is there."""

from __future__ import annotations

import numpy as np

from quantrl.typing import FloatArray


def present_median(x: FloatArray) -> FloatArray:
    """(..., 1) median along the last axis of the values that are not NaN; NaN where none is, without a warning."""
    present = x.shape[-1] - np.isnan(x).sum(axis=-1, keepdims=True)
    if not x.shape[-1]:
        return np.full((*x.shape[:-1], 1), np.nan)
    ordered = np.sort(x, axis=-1)  # NaN last
    low = np.take_along_axis(ordered, np.maximum(present - 1, 0) // 2, axis=-1)
    high = np.take_along_axis(ordered, np.minimum(present // 2, x.shape[-1] - 1), axis=-1)
    # Halves first: the sum of two large values has no room.
    return np.where(present > 0, low / 2.0 + high / 2.0, np.nan)
