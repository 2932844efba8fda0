"""Columns of whole numbers on their way into Rust: names, types and layout are judged here, nothing is converted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import DTypeLike, NDArray

from quantrl.errors import DataError


def column_arrays(
    columns: Mapping[str, Any] | pl.DataFrame,
    required: Mapping[str, DTypeLike],
    optional: Mapping[str, DTypeLike],
) -> dict[str, NDArray[Any]]:
    """The columns by name, as arrays of their types.

    Raises
    ------
    DataError
        A column is missing, unknown, of another type or length, or not contiguous.
    """
    given: dict[str, Any] = (
        {name: columns[name].to_numpy() for name in columns.columns}
        if isinstance(columns, pl.DataFrame)
        else dict(columns)
    )
    types = {**required, **optional}
    for name in given:
        if name not in types:
            raise DataError(f"columns: expected any of {', '.join(types)}, got {name!r}")
    for name in required:
        if given.get(name) is None:
            raise DataError(f"columns: expected {name!r}, got none")
    arrays = {
        name: _array(name, values, np.dtype(types[name]))
        for name, values in given.items()
        if values is not None
    }
    length = len(arrays[next(iter(required))])
    for name, array in arrays.items():
        if len(array) != length:
            raise DataError(f"{name}: expected {length} entries, got {len(array)}")
    return arrays


def _array(name: str, values: Any, dtype: np.dtype[Any]) -> NDArray[Any]:
    if isinstance(values, np.ndarray) and values.dtype == np.bool_ and dtype == np.uint8:
        values = values.view(np.uint8)
    if not isinstance(values, np.ndarray) or values.dtype != dtype or values.ndim != 1:
        got = f"{values.ndim}-d {values.dtype}" if isinstance(values, np.ndarray) else type(values).__name__
        raise DataError(f"{name}: expected a 1-d {dtype} array, got {got}")
    if not values.flags.c_contiguous:
        raise DataError(f"{name}: expected a contiguous array")
    return values
