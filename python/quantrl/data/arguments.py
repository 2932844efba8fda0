"""What a panel is made of, checked and copied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from quantrl.data.instrument import Instrument, check_name
from quantrl.data.layout import MASKS
from quantrl.data.sealed import frozen
from quantrl.errors import DataError
from quantrl.typing import BoolArray, FloatArray, IntArray


def read_time(time: Any) -> IntArray:
    """Bar ends: int64 nanoseconds or datetime64, strictly increasing.

    Raises
    ------
    DataError
        The argument is something else; the message names it.
    """
    values = np.asarray(time)
    if values.dtype.kind == "M":
        values = values.astype("datetime64[ns]").astype(np.int64)
    if values.ndim != 1 or values.dtype.kind not in "iu" or not len(values):
        raise DataError(f"time: expected (T,) int64 nanoseconds, got {values.dtype} of shape {values.shape}")
    fresh: IntArray = frozen(values, np.int64)
    late = np.flatnonzero(np.diff(fresh) <= 0)
    if late.size:
        row = int(late[0]) + 1
        raise DataError(f"time: row {row} is {fresh[row]}, not after row {row - 1} which is {fresh[row - 1]}")
    return fresh


def read_table(instruments: Sequence[str | Instrument]) -> tuple[Instrument, ...]:
    """Names or instruments, each once.

    Raises
    ------
    DataError
        The argument is something else; the message names it.
    """
    if isinstance(instruments, str) or not len(instruments):
        raise DataError(f"instruments: expected a sequence of names, got {instruments!r}")
    table = tuple(item if isinstance(item, Instrument) else Instrument(item) for item in instruments)
    names = [instrument.symbol for instrument in table]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"instruments: {twice!r} appears twice")
    return table


def read_column(key: str, values: Any, shape: tuple[int, int]) -> FloatArray:
    """A frozen (T, N) float64 copy.

    Raises
    ------
    DataError
        The argument is something else; the message names it.
    """
    check_name(key, "column")
    if key in MASKS:
        raise DataError(f"{key}: is a mask; pass it in masks")
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise DataError(f"{key}: expected numbers, got dtype {array.dtype}")
    return frozen(_shaped(key, array, shape), np.float64)


def read_mask(key: str, values: Any, shape: tuple[int, int]) -> BoolArray:
    """A frozen (T, N) bool copy.

    Raises
    ------
    DataError
        The argument is something else; the message names it.
    """
    if key not in MASKS:
        raise DataError(f"mask {key!r}: expected one of {', '.join(MASKS)}")
    array = np.asarray(values)
    if array.dtype.kind != "b":
        raise DataError(f"mask {key}: expected bool, got dtype {array.dtype}")
    return frozen(_shaped(key, array, shape), np.bool_)


def read_arrival(key: str, at: Any, time: IntArray, shape: tuple[int, int]) -> IntArray:
    """Times at which values became known, from a lag or an array.

    Raises
    ------
    DataError
        The argument is something else; the message names it.
    """
    array = np.asarray(at)
    if array.dtype.kind not in "iu":
        raise DataError(f"available_at[{key!r}]: expected int64 nanoseconds, got dtype {array.dtype}")
    if array.ndim == 0:
        array = time + np.int64(array)
    if array.shape not in (shape, shape[:1]):
        raise DataError(f"available_at[{key!r}]: expected an int, {shape[:1]} or {shape}, got {array.shape}")
    return frozen(array, np.int64)


def _shaped(key: str, array: Any, shape: tuple[int, int]) -> Any:
    if array.shape != shape:
        raise DataError(f"{key}: expected shape {shape}, got {array.shape}")
    return array
