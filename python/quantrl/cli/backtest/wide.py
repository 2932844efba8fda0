"""Target weights from a wide file: one row per decision, a time column, one column per instrument."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from quantrl.errors import DataError
from quantrl.typing import FloatArray, IntArray
from quantrl.units import iso_date

if TYPE_CHECKING:
    from quantrl.backtest import Schedule
    from quantrl.data import Panel

_MAX_BYTES = 4 << 30
_TIME_NAMES = ("time", "date", "Date", "datetime", "timestamp")


def read_weights(path: Path, panel: Panel) -> Schedule:
    """Decisions of a file, aligned to the bars of a panel.

    Parameters
    ----------
    path : Path
        CSV or Parquet. The time column is a date (decided after that day's close) or the bar's end time.
        An empty cell keeps the units held; an instrument of the panel without a column is never held.
    panel : Panel
        Where the decisions are filled.

    Raises
    ------
    DataError
        Unreadable file, unknown instrument, a cell that is no number, or a time that is no bar: file and row.
    """
    from quantrl.backtest import Schedule

    frame = _read(path)
    time = next((name for name in _TIME_NAMES if name in frame.columns), None)
    if time is None:
        raise DataError(
            f"{path}: expected a time column ({', '.join(_TIME_NAMES)}), got {', '.join(frame.columns[:6])}"
        )
    rows = _rows(path, frame[time], panel)
    values = np.zeros((len(rows), panel.n_instruments))
    for name in frame.columns:
        if name != time:
            values[:, _place(path, name, panel)] = _column(path, frame[name])
    return Schedule(rows, values)


def _read(path: Path) -> pl.DataFrame:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise DataError(f"{path}: expected at most {_MAX_BYTES} bytes")
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        return pl.read_csv(path, try_parse_dates=True, infer_schema_length=None)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise DataError(f"{path}: cannot be read: {str(error).splitlines()[0]}") from None


def _rows(path: Path, times: pl.Series, panel: Panel) -> IntArray:
    """Bar number of each row of the file."""
    if times.null_count():
        raise DataError(f"{path}: row {int(times.is_null().arg_true()[0])}: the time is empty")
    if times.dtype == pl.Date:
        bars = {iso_date(int(end)): row for row, end in enumerate(panel.time)}
        keys = [day.isoformat() for day in times]
    elif isinstance(times.dtype, pl.Datetime):
        bars = {str(int(end)): row for row, end in enumerate(panel.time)}
        keys = [str(value) for value in times.dt.epoch("ns")]
    else:
        raise DataError(f"{path}: column {times.name!r}: expected dates or times, got {times.dtype}")
    for row, key in enumerate(keys):
        if key not in bars:
            raise DataError(f"{path}: row {row}: {times[row]} is no bar of the prices")
    return np.array([bars[key] for key in keys], dtype=np.int64)


def _place(path: Path, name: str, panel: Panel) -> int:
    if name not in panel.instruments:
        raise DataError(
            f"{path}: column {name!r} is no instrument of the prices ({', '.join(panel.instruments[:6])} ...)"
        )
    return panel.instruments.index(name)


def _column(path: Path, cells: pl.Series) -> FloatArray:
    if not cells.dtype.is_numeric() and cells.null_count() < len(cells):
        raise DataError(f"{path}: column {cells.name!r}: expected numbers, got {cells.dtype}")
    column: FloatArray = cells.cast(pl.Float64).fill_null(np.nan).to_numpy()
    return column
