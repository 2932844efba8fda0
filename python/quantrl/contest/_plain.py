"""Arrays as plain JSON and back: None stands for NaN, and every float returns to the same bits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from quantrl.typing import FloatArray


def plain(values: Any) -> Any:
    """Nested lists of an array, or one number."""
    if isinstance(values, np.ndarray):
        values = values.tolist()
    if isinstance(values, (list, tuple)):
        return [plain(one) for one in values]
    if isinstance(values, float) and math.isnan(values):
        return None
    return values


def floats(values: Any, shape: tuple[int, ...] | None = None) -> FloatArray:
    """float64 array of what `plain` gave; `shape` where it may be empty."""
    found = np.array(values, dtype=np.float64)
    return found if shape is None else found.reshape(shape)


def number(value: float | None) -> float:
    """One float of what `plain` gave."""
    return math.nan if value is None else float(value)
