"""Whatever looks like an array becomes the one kind the core takes; what does not is refused by name."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from quantrl.errors import DataError
from quantrl.typing import FloatArray


def as_column(values: ArrayLike, name: str = "returns") -> FloatArray:
    """(T,) float64, C-contiguous."""
    return _as_float(values, name, 1)


def as_table(values: ArrayLike, name: str = "returns") -> FloatArray:
    """(T, K) float64, C-contiguous; one column may come as (T,)."""
    array = _as_float(values, name, None)
    if array.ndim == 1:
        array = array.reshape(-1, 1)
    if array.ndim != 2 or array.shape[1] == 0:
        raise DataError(f"{name}: expected shape (T, K) with K of at least 1, got {array.shape}")
    return array


def check_finite(array: FloatArray, name: str = "returns") -> None:
    """Refuse NaN and infinity by row and column."""
    wrong = np.argwhere(~np.isfinite(array))
    if wrong.size:
        place = ", column ".join(str(at) for at in wrong[0].tolist())
        raise DataError(f"{name}: expected finite numbers, row {place} is {array[tuple(wrong[0])]}")


def _as_float(values: ArrayLike, name: str, ndim: int | None) -> FloatArray:
    try:
        array = np.asarray(values)
    except ValueError:
        raise DataError(f"{name}: expected numbers in a rectangle, got rows of different lengths") from None
    if array.dtype.kind not in "fiu":
        raise DataError(f"{name}: expected numbers, got dtype {array.dtype}")
    if ndim is not None and array.ndim != ndim:
        raise DataError(f"{name}: expected {ndim} dimension, got shape {array.shape}")
    return np.ascontiguousarray(array, dtype=np.float64)
