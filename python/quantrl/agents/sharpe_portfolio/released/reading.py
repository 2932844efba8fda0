"""Tables of released results: CSV or Parquet files nobody vouches for, or frames in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import polars as pl

from quantrl.data.layout import check_header
from quantrl.data.origin import Origin, one_line, shown
from quantrl.data.sources._decoder import decode, decoder
from quantrl.data.sources._edge import check_file, check_not_packed, edge
from quantrl.data.sources._lines import check_fields, check_text, header
from quantrl.errors import DataError
from quantrl.typing import FloatArray

MAX_ROWS = 1_000_000
Source: TypeAlias = str | Path | pl.DataFrame


@dataclass(frozen=True)
class Table:
    """Cells as they came, and the number each row bears in its file."""

    frame: pl.DataFrame
    origin: Origin

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.frame.height

    def need(self, columns: Sequence[str]) -> None:
        """Refuse a table without one of these.

        Raises
        ------
        DataError
            Names the file and the first column that is missing.
        """
        missing = [name for name in columns if name not in self.frame.columns]
        if missing:
            raise DataError(f"{self.origin.file}: column {shown(missing[0])} is missing")

    def numbers(self, columns: Sequence[str]) -> FloatArray:
        """(rows, columns) finite numbers.

        Raises
        ------
        DataError
            A column is missing, or a cell is no finite number: names its row and column.
        """
        self.need(columns)
        return np.column_stack([self._number(name) for name in columns])

    def column(self, name: str) -> FloatArray:
        """(rows,) finite numbers; errors as in `numbers`."""
        self.need([name])
        return self._number(name)

    def dates(self, name: str = "date") -> np.ndarray:
        """(rows,) datetime64[D].

        Raises
        ------
        DataError
            The column is missing, or a cell is no ISO date.
        """
        self.need([name])
        cells = self.frame[name]
        if cells.dtype == pl.String:
            days = cells.str.strip_chars().str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
        elif cells.dtype == pl.Date or isinstance(cells.dtype, pl.Datetime):
            days = cells.cast(pl.Date)
        else:
            raise DataError(f"{self.origin.file}: column {shown(name)}: expected dates, got {cells.dtype}")
        if days.null_count():
            record = int(days.is_null().arg_max() or 0)
            raise self.origin.error(
                record, name, f"expected a date such as 2024-01-31, got {shown(cells[record])}"
            )
        return days.to_numpy().astype("datetime64[D]")

    def where(self, rows: np.ndarray) -> Table:
        """Only these rows."""
        kept = Origin(self.origin.file, self.origin.word, self.origin.rows[rows])
        return Table(self.frame[rows], kept)

    def _number(self, name: str) -> FloatArray:
        cells = self.frame[name]
        if not (cells.dtype.is_numeric() or cells.dtype in (pl.String, pl.Null)):
            raise DataError(f"{self.origin.file}: column {shown(name)}: expected numbers, got {cells.dtype}")
        text = cells.str.strip_chars() if cells.dtype == pl.String else cells
        values = text.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()
        wrong = np.flatnonzero(~np.isfinite(values))
        if wrong.size:
            record = int(wrong[0])
            raise self.origin.error(record, name, f"expected a finite number, got {shown(cells[record])}")
        return np.ascontiguousarray(values, dtype=np.float64)


def read_table(source: Source, what: str = "result") -> Table:
    """Read a table of at most a million rows.

    Parameters
    ----------
    source : str, Path or polars.DataFrame
        A file that ends in ``.csv`` or is Parquet, or a frame.
    what : str
        How messages name a frame.

    Raises
    ------
    DataError
        One line naming the file: missing, damaged, empty, too long, or with a header that cannot be used.
    """
    if isinstance(source, pl.DataFrame):
        return _table(source, what, "row", 1)
    file = Path(source)
    name, head = check_file(file)
    with edge(name):
        if head.startswith(b"PAR1"):
            return _parquet(file, name)
        check_not_packed(name, head)
        return _csv(file, name)


def _parquet(file: Path, name: str) -> Table:
    names, n_rows = decoder.look(file)
    check_header(names, name)
    _check_rows(name, n_rows)
    decoder.attempt(file, names)
    return _table(decode(str(file.absolute()), names), name, "row", 1)


def _csv(file: Path, name: str) -> Table:
    check_text(file, name)
    names = header(file, name)
    kept = [i for i, one in enumerate(names) if one != "date" or i == names.index("date")]
    check_header([names[i] for i in kept], name)
    check_fields(file, name, len(names))
    frame = pl.read_csv(
        file.absolute(), has_header=False, skip_rows=1, infer_schema=False, glob=False, n_rows=MAX_ROWS + 1
    )
    frame = frame.select(frame.columns[i] for i in kept)
    frame.columns = [names[i] for i in kept]
    return _table(frame, name, "line", 2)


def _table(frame: pl.DataFrame, name: str, word: str, first: int) -> Table:
    _check_rows(name, frame.height)
    return Table(frame, Origin(one_line(name), word, np.arange(first, frame.height + first)))


def _check_rows(name: str, rows: int) -> None:
    if rows > MAX_ROWS:
        raise DataError(f"{name}: more than {MAX_ROWS:,} rows: row {MAX_ROWS + 1} is one too many")
    if rows == 0:
        raise DataError(f"{name}: has no rows")
