"""A frame held against its layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from quantrl.contest.evaluate.layout import Field, Layout
from quantrl.errors import DataError
from quantrl.typing import BoolArray

_TYPES: dict[str, type[pl.DataType]] = {
    "int": pl.Int64,
    "float": pl.Float64,
    "text": pl.String,
    "flag": pl.Boolean,
}


def check_frame(frame: pl.DataFrame, file: Path, layout: Layout) -> pl.DataFrame:
    """The columns of a layout in their types, others left out; a frame without columns stands for an empty table.

    Raises
    ------
    DataError
        A missing column, a wrong type, an empty cell, a value out of bounds or a repeated key: file, column, row.
    """
    if not frame.columns:
        return pl.DataFrame(schema={name: _TYPES[field.kind] for name, field in layout.columns.items()})
    columns = []
    for name, field in layout.columns.items():
        if name not in frame.columns:
            if field.optional:
                continue
            raise DataError(f"{file}: column {name!r}: missing; the table has {', '.join(frame.columns)}")
        columns.append(_column(frame[name], field, f"{file}: column {name!r}"))
    checked = pl.DataFrame(columns)
    if layout.key:
        twice = checked.select(pl.struct(layout.key).is_duplicated())[:, 0]
        if twice.any():
            row = int(twice.arg_max() or 0)
            key = ", ".join(f"{name} {checked[name][row]}" for name in layout.key)
            raise DataError(f"{file}: column {layout.key[-1]!r}, row {row}: {key} occurs twice")
    return checked


def _column(values: pl.Series, field: Field, where: str) -> pl.Series:
    try:
        made = values.cast(_TYPES[field.kind], strict=True)
    except pl.exceptions.PolarsError:
        raise DataError(f"{where}: expected {field.kind} values, got {values.dtype}") from None
    if field.kind == "text" and values.dtype not in (pl.String, pl.Categorical):
        raise DataError(f"{where}: expected text values, got {values.dtype}")
    _refuse_where(made.is_null().to_numpy(), made, where, "a value in every row")
    if field.kind in ("int", "float"):
        numbers = made.to_numpy()
        unknown = np.isnan(numbers) if field.nan else np.zeros(len(numbers), dtype=np.bool_)
        words = "finite numbers" + (" or NaN" if field.nan else "")
        _refuse_where(~(np.isfinite(numbers) | unknown), made, where, words)
        _refuse_where((numbers < field.low) | (numbers > field.high), made, where, _bounds(field))
    if field.among:
        known = made.is_in(list(field.among)).to_numpy()
        _refuse_where(~known, made, where, f"one of {', '.join(field.among)}")
    return made


def _bounds(field: Field) -> str:
    return f"at least {field.low:g}" if np.isinf(field.high) else f"{field.low:g} to {field.high:g}"


def _refuse_where(wrong: BoolArray, values: pl.Series, where: str, expected: str) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(f"{where}, row {row}: expected {expected}, got {values[row]!r}")
