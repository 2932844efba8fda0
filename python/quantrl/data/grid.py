"""Columns of a file as (T, N) arrays, not yet checked, with the file row of every cell.

A `Grid` is what a source reads and `quality` judges; only a grid without errors becomes a `Panel`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from quantrl.data.calendars import Calendar
from quantrl.data.clock import CloseTime, Times, check_zone, read_times
from quantrl.data.instrument import check_name
from quantrl.data.layout import MASKS, Layout
from quantrl.data.numbers import read_mask, read_numbers
from quantrl.data.origin import Origin
from quantrl.data.quality.order import naive, order
from quantrl.data.quality.report import Finding
from quantrl.errors import ConfigError, DataError
from quantrl.typing import BoolArray, FloatArray, IntArray
from quantrl.units import iso_date

MAX_ROWS = 50_000_000
MAX_CELLS = (4 << 30) // 8


@dataclass(frozen=True)
class ReadOptions:
    """How the times of a file are understood.

    Parameters
    ----------
    close_time : CloseTime, optional
        When the bar of a bare date ends.
    time_zone : str, optional
        Zone of times that name none.
    calendar : str, optional
        Exchange whose sessions the bars are of; instead of `close_time`.
    nan_is_missing : bool
        True for frames in memory, where NaN means missing. In a file a NaN spelt out is an error (Q03).
    """

    close_time: CloseTime | None = None
    time_zone: str | None = None
    nan_is_missing: bool = False
    calendar: str | None = None

    def __post_init__(self) -> None:
        if self.calendar is not None and self.close_time is not None:
            raise ConfigError("calendar: says when sessions close; it cannot stand beside close_time")
        if self.time_zone is not None:
            check_zone(self.time_zone, "time_zone")


@dataclass(frozen=True)
class Grid:
    """Unchecked columns.

    Parameters
    ----------
    columns : mapping of str to (T, N) float64
        Missing cells are NaN.
    time : (T,) int64
        Bar ends, ns UTC, sorted.
    instruments : tuple of str
    source : str
        File or other name.
    rows : (T, N) or (T, 1) int64
        Number of each cell's record in the file; 0 where there is none.
    word : str
        ``line`` or ``row``: what those numbers count.
    masks : mapping of str to (T, N) bool
    available_at : mapping of str to (T,) or (T, N) int64
    flags : tuple of str
        What had to be assumed.
    findings : tuple of Finding
        What was already found about single records: Q01, Q02, Q03, Q08.
    adjust : str
        ``raw``, ``split``, ``total``, or empty where it is not known.
    by_instrument : bool
        True for wide files, where the column of a cell is named after its instrument.
    sessions : Calendar, optional
        When the exchange was open from the first bar to the last: what Q11 asks.
    """

    columns: Mapping[str, FloatArray]
    time: IntArray
    instruments: tuple[str, ...]
    source: str
    rows: IntArray
    word: str = "row"
    masks: Mapping[str, BoolArray] = field(default_factory=dict)
    available_at: Mapping[str, IntArray] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    adjust: str = ""
    by_instrument: bool = False
    sessions: Calendar | None = None

    def against(self, calendar: str | None) -> Grid:
        """The grid with the sessions of an exchange between its first bar and its last.

        Raises
        ------
        ConfigError
            No such calendar.
        """
        if calendar is None or not len(self.time):
            return self
        first, last = (iso_date(int(self.time[at])) for at in (0, -1))
        return replace(self, sessions=Calendar.of(calendar, first, last))


def read_grid(frame: pl.DataFrame, origin: Origin, layout: Layout, options: ReadOptions) -> Grid:
    """Arrange the records of a frame by time and instrument.

    Raises
    ------
    DataError
        No record, over the limits, a cell that is not a number, time or name.
    """
    if frame.height == 0:
        raise DataError(f"{origin.file}: no data rows")
    times = read_times(
        frame[layout.time], origin, close_time=options.close_time, time_zone=options.time_zone,
        calendar=options.calendar,
    )  # fmt: skip
    arranged = _wide if layout.wide else _long
    return arranged(frame, origin, layout, options, times).against(options.calendar)


def check_size(file: str, n_rows: int, n_cells: int) -> None:
    """Refuse what would not fit, before any of it is allocated.

    Raises
    ------
    DataError
        Over 50 million rows, or over 4 GiB as float64.
    """
    if n_rows > MAX_ROWS:
        raise DataError(f"{file}: {n_rows} rows, more than {MAX_ROWS}")
    if n_cells > MAX_CELLS:
        raise DataError(f"{file}: {n_cells} cells, more than {MAX_CELLS} (4 GiB)")


def _wide(frame: pl.DataFrame, origin: Origin, layout: Layout, options: ReadOptions, times: Times) -> Grid:
    names = tuple(layout.data)
    time, row_of = np.unique(times.ns, return_inverse=True)
    check_size(origin.file, frame.height, len(time) * len(names))
    findings = naive(times.naive, origin, layout.time) + order(times.ns, None, (), origin, layout.time)
    close = np.full((len(time), len(names)), np.nan)
    values, found = read_numbers(frame, list(layout.data.values()), origin, options.nan_is_missing)
    for position, cells in enumerate(values):
        close[row_of, position] = cells
    findings += found
    rows = np.zeros((len(time), 1), dtype=np.int64)
    rows[row_of, 0] = origin.rows
    return Grid(
        {"close": close}, time, names, origin.file, rows, origin.word,
        flags=times.flags, findings=tuple(findings), by_instrument=True,
    )  # fmt: skip


def _long(frame: pl.DataFrame, origin: Origin, layout: Layout, options: ReadOptions, times: Times) -> Grid:
    names, which = _instruments(frame, origin, layout)
    time, row_of = np.unique(times.ns, return_inverse=True)
    shape = (len(time), len(names))
    check_size(origin.file, frame.height, shape[0] * shape[1] * len(layout.data))
    findings = naive(times.naive, origin, layout.time) + order(times.ns, which, names, origin, layout.time)
    data = {name: column for name, column in layout.data.items() if name not in MASKS}
    if not data:
        raise DataError(f"{origin.file}: expected a column of numbers, such as close")
    values, found = read_numbers(frame, list(data.values()), origin, options.nan_is_missing)
    findings += found
    columns: dict[str, FloatArray] = {}
    for name, cells in zip(data, values, strict=True):
        columns[name] = np.full(shape, np.nan)
        columns[name][row_of, which] = cells
    masks: dict[str, BoolArray] = {}
    for name in (mask for mask in MASKS if mask in layout.data):
        masks[name] = np.zeros(shape, dtype=np.bool_)
        masks[name][row_of, which] = read_mask(frame[layout.data[name]], origin)
    rows = np.zeros(shape, dtype=np.int64)
    rows[row_of, which] = origin.rows
    available_at = {}
    if layout.available_at is not None:
        arrival = read_times(frame[layout.available_at], origin, time_zone=options.time_zone)
        findings += naive(arrival.naive, origin, layout.available_at)
        at = np.broadcast_to(time[:, None], shape).copy()
        at[row_of, which] = arrival.ns
        available_at = dict.fromkeys([*columns, *masks], at)
    return Grid(
        columns,
        time,
        names,
        origin.file,
        rows,
        origin.word,
        masks,
        available_at,
        times.flags,
        tuple(findings),
    )


def _instruments(frame: pl.DataFrame, origin: Origin, layout: Layout) -> tuple[tuple[str, ...], IntArray]:
    """Sorted names, and the position of each record's among them."""
    if layout.symbol is None:
        name = origin.file.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
        return (name or "asset",), np.zeros(frame.height, dtype=np.int64)
    column = frame[layout.symbol]
    if column.dtype == pl.Null or column.dtype.is_nested() or column.dtype == pl.Binary:
        raise DataError(f"{origin.file}: column {column.name!r}: expected names, got {column.dtype}")
    text = column.cast(pl.String).str.strip_chars()
    bad = (text.is_null() | (text == "")).fill_null(True)
    if bad.any():
        raise origin.error(int(bad.arg_max() or 0), column.name, "expected a name, got an empty cell")
    unique = text.unique().sort()
    for name in unique:
        try:
            check_name(name, "instrument")
        except DataError as error:
            raise origin.error(int((text == name).arg_max() or 0), column.name, str(error)) from None
    lookup = pl.DataFrame({"name": unique, "at": np.arange(len(unique), dtype=np.int64)})
    joined = text.to_frame("name").join(lookup, on="name", how="left", maintain_order="left")
    return tuple(unique), joined["at"].to_numpy()
