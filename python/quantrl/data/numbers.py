"""Cells of a file as numbers: missing is NaN, and a NaN or infinity spelt out is found."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from quantrl.data.origin import Origin, one_line, shown
from quantrl.data.quality.report import Finding, finding
from quantrl.errors import DataError
from quantrl.typing import BoolArray, FloatArray

_TRUE, _FALSE = ("true", "1", "1.0"), ("false", "0", "0.0", "")


def read_numbers(
    frame: pl.DataFrame, columns: Sequence[str], origin: Origin, nan_is_missing: bool
) -> tuple[list[FloatArray], list[Finding]]:
    """Values of columns, and what Q03 says about them.

    Parameters
    ----------
    frame : polars.DataFrame
        Holds the columns as numbers or text; an empty cell is missing.
    columns : sequence of str
        Names in the frame.
    origin : Origin
        For rows in messages.
    nan_is_missing : bool
        Whether a NaN is just a missing value.

    Returns
    -------
    values : list of (n_records,) float64
        One array a column. Missing is NaN; NaN and infinity spelt out too, so that one fault is reported once.
    findings : list of Finding

    Raises
    ------
    DataError
        A cell that is not a number, or a column of another kind.
    """
    kinds = frame.schema
    for name in columns:
        kind = kinds[name]
        if not (kind.is_numeric() or kind in (pl.String, pl.Boolean, pl.Null)):
            raise DataError(f"{origin.file}: column {shown(name)}: expected numbers, got {one_line(kind)}")
    values = _cast(frame.select(columns), origin)
    odd = pl.all().is_infinite() if nan_is_missing else ~pl.all().is_finite()
    findings = []
    for name in _true_columns(values.select(odd.any())):
        bad = values[name].is_infinite() if nan_is_missing else ~values[name].is_finite()
        records = bad.fill_null(False).arg_true().to_numpy()
        example = shown(frame[name][int(records[0])])
        findings.append(finding("Q03", origin.rows[records], column=name, example=example))
    finite = values.select(pl.when(pl.all().is_finite()).then(pl.all()))
    return [column.to_numpy() for column in finite.get_columns()], findings


def read_mask(column: pl.Series, origin: Origin) -> BoolArray:
    """Values of a column of true and false, or 1 and 0; an empty cell is false.

    Raises
    ------
    DataError
        Any other value.
    """
    text = column.cast(pl.String).str.strip_chars().str.to_lowercase().fill_null("")
    bad = ~text.is_in([*_TRUE, *_FALSE])
    if bad.any():
        record = int(bad.arg_max() or 0)
        raise origin.error(record, column.name, f"expected true or false, got {shown(column[record])}")
    mask: BoolArray = text.is_in(list(_TRUE)).to_numpy()
    return mask


def _cast(frame: pl.DataFrame, origin: Origin) -> pl.DataFrame:
    """Every column as float64; text that is no number is refused at its first row."""
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    frame = frame.with_columns(pl.col(texts).str.strip_chars().replace("", None))
    values = frame.select(pl.all().cast(pl.Float64, strict=False))
    unread = frame.select(texts).null_count().row(0)
    lost = values.select(texts).null_count().row(0)
    faults = []
    for name, before, after in zip(texts, unread, lost, strict=True):
        if after > before:
            faults.append((int((values[name].is_null() & frame[name].is_not_null()).arg_max() or 0), name))
    if faults:
        record, name = min(faults)
        raise origin.error(record, name, f"expected a number, got {shown(frame[name][record])}")
    return values


def _true_columns(flags: pl.DataFrame) -> list[str]:
    return [name for name, flag in zip(flags.columns, flags.row(0), strict=True) if flag]
