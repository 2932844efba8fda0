"""Files of decisions.

Three layouts, told apart by their columns; a time is a date, or a time with its zone:

- weights, wide: a time column, one column an instrument. An empty cell keeps the units held.
- weights, long: a time column, ``symbol``, ``weight``. A symbol without a row at a time that has rows is closed.
- orders: a time column, ``symbol``, ``shares`` (or ``amount``), and where they are not signed ``action`` with ``buy`` or
  ``sell``; rows with another action, and empty orders, are passed over.

A weight is decided at its time; an order is dated by the bar whose price filled it. A column ``agent`` tells several
apart; rows count in the order of the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from quantrl.data.clock import read_times
from quantrl.data.layout import check_header
from quantrl.data.origin import Origin, one_line, shown
from quantrl.data.sources._decoder import decode, decoder
from quantrl.data.sources._edge import check_file, check_not_packed, edge
from quantrl.data.sources._lines import check_fields, check_text, header
from quantrl.errors import ConfigError, DataError
from quantrl.typing import FloatArray, IntArray
from quantrl.units import NS_PER_DAY

MAX_BYTES = 64 << 20
MAX_ROWS = 1_000_000
_TIMES = ("time", "date", "datetime", "timestamp")
_SHARES = ("shares", "amount")
_ACTIONS = {"buy": 1.0, "sell": -1.0}


@dataclass(frozen=True, eq=False)
class Sheet:
    """Rows of one agent.

    Attributes
    ----------
    frame : polars.DataFrame
        Cells as they came.
    origin : Origin
        The number of each row in its file.
    time : (R,) int64
        ns UTC; a bare date is its first nanosecond, so that the first bar at or after it is the one of that day.
    by_date : bool
        The file has bare dates.
    """

    frame: pl.DataFrame
    origin: Origin
    time: IntArray
    by_date: bool

    @property
    def columns(self) -> list[str]:
        """Names of the columns but the time and the agent."""
        return [name for name in self.frame.columns if name not in (*_TIMES, "agent")]

    @property
    def shares(self) -> str | None:
        """The column that makes the rows orders."""
        return next((name for name in _SHARES if {name, "symbol"} <= set(self.columns)), None)

    @property
    def is_long(self) -> bool:
        """Whether a row is one weight."""
        return {"symbol", "weight"} <= set(self.columns)

    def numbers(self, column: str, *, empty: bool = False) -> FloatArray:
        """(R,) finite numbers, NaN for an empty cell where that is allowed.

        Raises
        ------
        DataError
            Row and column.
        """
        cells = self.frame[column]
        read = cells.cast(pl.Float64, strict=False)
        wrong = read.is_null() & cells.is_not_null() | ~read.is_finite().fill_null(True)
        if not empty:
            wrong |= read.is_null()
        if wrong.any():
            row = int(wrong.arg_max() or 0)
            raise self.origin.error(row, column, f"expected a finite number, got {shown(cells[row])}")
        values: FloatArray = read.fill_null(np.nan).to_numpy().astype(np.float64)
        return values

    def names(self, column: str) -> list[str]:
        """(R,) text.

        Raises
        ------
        DataError
            An empty cell, or no text.
        """
        cells = self.frame[column].to_list()
        for row, cell in enumerate(cells):
            if not isinstance(cell, str) or not cell:
                raise self.origin.error(row, column, f"expected text, got {shown(cell)}")
        return cells

    def orders(self) -> Sheet:
        """The rows that order something."""
        kept = np.ones(self.frame.height, dtype=np.bool_)
        if "action" in self.columns:
            kept = self.frame["action"].is_in(list(_ACTIONS)).fill_null(False).to_numpy()
        sheet = self.where(kept)
        amounts = sheet.numbers(sheet.shares or "shares")
        return sheet.where(amounts != 0.0)

    def signed(self) -> FloatArray:
        """(R,) shares, sales negative.

        Raises
        ------
        DataError
            A negative amount beside an action.
        """
        column = self.shares or "shares"
        amounts = self.numbers(column)
        if "action" not in self.columns:
            return amounts
        if (amounts < 0).any():
            row = int(np.argmax(amounts < 0))
            raise self.origin.error(
                row, column, f"expected shares above 0 beside an action, got {amounts[row]:g}"
            )
        signs: FloatArray = np.array([_ACTIONS[action] for action in self.names("action")])
        return amounts * signs

    def where(self, kept: np.ndarray) -> Sheet:
        """Some of the rows."""
        origin = Origin(self.origin.file, self.origin.word, self.origin.rows[kept])
        return Sheet(self.frame.filter(kept), origin, self.time[kept], self.by_date)


def read_sheet(file: Path, agent: str = "") -> Sheet:
    """The rows of one agent of a file.

    Raises
    ------
    DataError
        Not CSV or Parquet, over 64 MiB or a million rows, damaged, no time column, or a time that cannot be read.
    ConfigError
        An agent that is not there, or none named among several.
    """
    frame, origin = _rows(file)
    return of_frame(frame, origin, agent)


def of_frame(frame: pl.DataFrame, origin: Origin | None = None, agent: str = "") -> Sheet:
    """The same of a frame in memory."""
    origin = origin or Origin("frame", "row", np.arange(1, frame.height + 1))
    kept = _rows_of(frame, origin, agent)
    frame, origin = frame.filter(kept), Origin(origin.file, origin.word, origin.rows[kept])
    name = next((name for name in _TIMES if name in frame.columns), None)
    if name is None:
        listed = one_line(", ".join(frame.columns))
        raise DataError(f"{origin.file}: expected a time column ({', '.join(_TIMES)}), got {listed}")
    if not frame.height:
        raise DataError(f"{origin.file}: has no rows")
    read = read_times(frame[name], origin)
    if read.naive:
        raise origin.error(0, name, f"expected a date, or a time with its zone, got {shown(frame[name][0])}")
    bare = frame[name].dtype == pl.Date or (
        frame[name].dtype == pl.String
        and frame[name].str.strip_chars().str.len_chars().max() == len("2020-03-02")
    )
    time: IntArray = read.ns // NS_PER_DAY * NS_PER_DAY if bare else read.ns
    return Sheet(frame, origin, time, bool(bare))


def _rows_of(frame: pl.DataFrame, origin: Origin, agent: str) -> np.ndarray:
    if "agent" not in frame.columns:
        if agent:
            raise ConfigError(f"recorded: agent {agent!r} is asked for; {origin.file} has no column agent")
        return np.ones(frame.height, dtype=np.bool_)
    names = frame["agent"].cast(pl.String)
    choices = sorted(names.drop_nulls().unique().to_list())
    if agent not in choices and (agent or len(choices) > 1):
        raise ConfigError(
            f"recorded: expected an agent of {one_line(', '.join(choices))} in {origin.file}, got {agent!r}"
        )
    found: np.ndarray = (names == (agent or choices[0])).fill_null(False).to_numpy()
    return found


def _rows(file: Path) -> tuple[pl.DataFrame, Origin]:
    name, head = check_file(file)
    if file.stat().st_size > MAX_BYTES:
        raise DataError(f"{name}: has {file.stat().st_size} bytes, more than {MAX_BYTES}")
    with edge(name):
        if head.startswith(b"PAR1"):
            names, n_rows = decoder.look(file)
            _check_rows(name, n_rows)
            check_header(names, name)
            decoder.attempt(file, names)
            frame = decode(str(file.absolute()), names)
            return frame, Origin(name, "row", np.arange(1, frame.height + 1))
        check_not_packed(name, head)
        check_text(file, name)
        names = header(file, name)
        check_header(names, name)
        check_fields(file, name, len(names))
        frame = pl.read_csv(file.absolute(), infer_schema=False, glob=False)
        frame.columns = names
        _check_rows(name, frame.height)
        blank = frame.select(pl.all_horizontal(pl.all().is_null())).to_series().to_numpy()
        return frame.filter(~blank), Origin(name, "line", np.arange(2, frame.height + 2)[~blank])


def _check_rows(name: str, rows: int) -> None:
    if rows > MAX_ROWS:
        raise DataError(f"{name}: has {rows} rows, more than {MAX_ROWS}")
