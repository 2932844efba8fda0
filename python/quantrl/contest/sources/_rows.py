"""Rows of a file with text in it: Parquet, JSON lines or CSV, read under limits, with the row of every fault."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from quantrl.data.origin import Origin, one_line, shown
from quantrl.data.sources._decoder import decode, decoder
from quantrl.data.sources._edge import check_file, check_not_packed, edge
from quantrl.errors import ConfigError, DataError

MAX_BYTES = 64 << 20
MAX_ROWS = 5_000_000
MAX_COLUMNS = 256
MAX_CELL = 1 << 20
MAX_TEXT_BYTES = 1 << 30
SUFFIXES = {".parquet": "parquet", ".jsonl": "json", ".ndjson": "json", ".csv": "csv"}
Cells = dict[str, list[Any]]


def read_rows(file: Path) -> tuple[Cells, Origin]:
    """Columns of a file as lists, with the number each row bears there.

    Parameters
    ----------
    file : Path
        Ends in ``.parquet``, ``.jsonl``, ``.ndjson`` or ``.csv``. At most 64 MiB and 5 million rows.

    Raises
    ------
    DataError
        One line with file and row: over a limit, not UTF-8, ragged, not an object, or damaged.
    """
    kind = SUFFIXES.get(file.suffix.lower())
    if kind is None:
        raise DataError(f"{one_line(file)}: expected a name that ends in {', '.join(SUFFIXES)}")
    name, head = check_file(file)
    size = file.stat().st_size
    if size > MAX_BYTES:
        raise DataError(f"{name}: has {size} bytes, more than {MAX_BYTES}")
    with edge(name):
        if kind == "parquet":
            return _parquet(file, name)
        check_not_packed(name, head)
        return _json(file, name) if kind == "json" else _csv(file, name)


def keep_rows(cells: Cells, origin: Origin, where: Mapping[str, Sequence[str]]) -> tuple[Cells, Origin]:
    """Rows that have one of the values named, in every column named; they keep their numbers.

    Raises
    ------
    ConfigError
        A column that is not there.
    """
    for column, values in where.items():
        if column not in cells:
            raise ConfigError(f"where: expected one of {one_line(', '.join(cells))}, got {shown(column)}")
        rows = [i for i, cell in enumerate(cells[column]) if str(cell) in values]
        cells = {name: [found[i] for i in rows] for name, found in cells.items()}
        origin = Origin(origin.file, origin.word, origin.rows[rows])
    return cells, origin


def _parquet(file: Path, name: str) -> tuple[Cells, Origin]:
    names, n_rows = decoder.look(file)
    _check_size(name, n_rows, len(names))
    decoder.attempt(file, names)
    frame = decode(str(file.absolute()), names)
    cells = {column: _plain(frame[column], name) for column in names}
    return cells, Origin(name, "row", np.arange(1, frame.height + 1))


def _plain(column: pl.Series, name: str) -> list[Any]:
    """Text, numbers, times or lists of text. A few bytes of Parquet can stand for gigabytes, so sizes come first."""
    label = f"{name}: column {shown(column.name)}"
    kind = column.dtype
    if kind == pl.String:
        sizes = column.str.len_bytes().fill_null(0)
        if (sizes > MAX_CELL).any():
            row = int(sizes.arg_max() or 0)
            raise DataError(
                f"{name}: row {row + 1}, column {shown(column.name)}: has {sizes[row]} bytes, more than {MAX_CELL}"
            )
        if int(sizes.sum()) > MAX_TEXT_BYTES:
            raise DataError(f"{label}: holds {sizes.sum()} bytes of text, more than {MAX_TEXT_BYTES}")
    elif kind == pl.List(pl.String):
        if int(column.list.len().fill_null(0).sum()) > MAX_ROWS:
            raise DataError(f"{label}: holds more than {MAX_ROWS} names")
    elif not (kind.is_numeric() or kind.is_temporal() or kind in (pl.Boolean, pl.Null)):
        raise DataError(f"{label}: expected text, numbers or times, got {one_line(kind)}")
    return column.to_list()


def _json(file: Path, name: str) -> tuple[Cells, Origin]:
    rows: list[dict[str, Any]] = []
    lines: list[int] = []
    for number, text in _lines(file, name):
        if not text.strip():
            continue
        try:
            row = json.loads(text, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            problem = "nested too deeply" if isinstance(error, RecursionError) else one_line(error)
            raise DataError(f"{name}: line {number}: expected a JSON object, got {problem}") from None
        if not isinstance(row, dict):
            raise DataError(f"{name}: line {number}: expected a JSON object, got {shown(row)}")
        rows.append(row)
        lines.append(number)
        _check_size(name, len(rows), len(row))
    names = list(dict.fromkeys(key for row in rows for key in row))
    _check_size(name, len(rows), len(names))
    return {key: [row.get(key) for row in rows] for key in names}, Origin(
        name, "line", np.array(lines, dtype=np.int64)
    )


def _csv(file: Path, name: str) -> tuple[Cells, Origin]:
    text = "".join(line for _, line in _lines(file, name))
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    header: list[str] = []
    rows: list[list[str]] = []
    lines: list[int] = []
    start = 1
    try:
        for fields in reader:
            if not header:
                header = _header(fields, name)
            elif fields:
                if len(fields) != len(header):
                    raise DataError(f"{name}: line {start}: expected {len(header)} fields, got {len(fields)}")
                rows.append(fields)
                lines.append(start)
                _check_size(name, len(rows), len(header))
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{name}: line {start}: {one_line(error)}") from None
    if not header:
        raise DataError(f"{name}: line 1: expected a header, got none")
    cells: Cells = {key: [row[i] or None for row in rows] for i, key in enumerate(header)}
    return cells, Origin(name, "line", np.array(lines, dtype=np.int64))


def _header(fields: list[str], name: str) -> list[str]:
    if len(set(fields)) < len(fields) or not all(fields):
        raise DataError(f"{name}: line 1: expected distinct column names, got {shown(fields)}")
    _check_size(name, 0, len(fields))
    return fields


def _lines(file: Path, name: str) -> Iterator[tuple[int, str]]:
    with file.open("rb") as handle:
        for number, raw in enumerate(handle, start=1):
            try:
                yield number, raw.decode("utf-8")
            except UnicodeDecodeError as error:
                raise DataError(f"{name}: line {number}: not UTF-8 at byte {error.start}") from None


def _check_size(name: str, n_rows: int, n_columns: int) -> None:
    if n_rows > MAX_ROWS:
        raise DataError(f"{name}: more than {MAX_ROWS} rows")
    if n_columns > MAX_COLUMNS:
        raise DataError(f"{name}: has {n_columns} columns, more than {MAX_COLUMNS}")


def _no_constant(text: str) -> None:
    raise ValueError(f"the constant {text}")
