"""Documents of a file of one's own: Parquet, JSON lines or CSV with a map of columns; or of a polars frame."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from quantrl.contest.documents.clean import DELAY_NS, Record
from quantrl.contest.documents.store import DocumentStore, Undated
from quantrl.contest.entities import Entities
from quantrl.contest.sources import Source, SourceConfig
from quantrl.contest.sources._rows import Cells, keep_rows, read_rows
from quantrl.data.clock import BARE_DATES, CloseTime, check_zone, read_times
from quantrl.data.origin import Origin, one_line, shown
from quantrl.data.sources._edge import edge
from quantrl.errors import ConfigError, DataError

if TYPE_CHECKING:
    from quantrl.data import Panel

TIMES = ("published_at", "first_seen", "available_at")
TEXTS = ("title", "text", "url", "lang")
FIELDS = (*TIMES, *TEXTS, "symbols")
_END_OF_DAY = dt.time(23, 59, 59)


def load(config: SourceConfig, panel: Panel | None = None) -> DocumentStore:
    """Documents of the file `config.path`.

    Raises
    ------
    DataError
        A file or row that cannot be used.
    ConfigError
        A column that is not there, or an unknown time zone.
    """
    file = Path(str(config.path))
    cells, origin = keep_rows(*read_rows(file), config.where)
    return read_cells(
        cells, origin, source=config.name or file.stem, columns=config.columns, time_zone=config.time_zone,
        delay_ns=config.delay_ns, undated=config.undated,
        entities=Entities.known(config.symbols) if config.symbols else None,
    )  # fmt: skip


def read_frame(
    frame: pl.DataFrame,
    source: str,
    *,
    columns: Mapping[str, str] | None = None,
    time_zone: str | None = None,
    delay_ns: int = DELAY_NS,
    undated: Undated = "refuse",
    entities: Entities | None = None,
) -> DocumentStore:
    """Documents of a frame in memory; rows are counted from 1. For the arguments see `SourceConfig`.

    Raises
    ------
    DataError, ConfigError
        As for a file.
    """
    cells = {name: frame[name].to_list() for name in frame.columns}
    origin = Origin(source, "row", np.arange(1, frame.height + 1))
    return read_cells(
        cells, origin, source=source, columns=columns, time_zone=time_zone, delay_ns=delay_ns, undated=undated,
        entities=entities,
    )  # fmt: skip


def read_cells(
    cells: Cells,
    origin: Origin,
    *,
    source: str,
    columns: Mapping[str, str] | None = None,
    time_zone: str | None = None,
    delay_ns: int = DELAY_NS,
    undated: Undated = "refuse",
    entities: Entities | None = None,
) -> DocumentStore:
    """Documents of columns as lists, see `read_frame`."""
    with edge(origin.file):
        records = _records(cells, origin, columns or {}, time_zone)
    return DocumentStore.from_records(records, source, delay_ns=delay_ns, undated=undated, entities=entities)


def _records(cells: Cells, origin: Origin, columns: Mapping[str, str], time_zone: str | None) -> list[Record]:
    if time_zone is not None:
        check_zone(time_zone, "time_zone")
    fields = _fields(cells, origin, columns)
    nothing: list[Any] = [None] * len(origin.rows)
    published, seen, available = (
        cell_times(fields.get(name, nothing), name, origin, time_zone) for name in TIMES
    )
    title, text, url, lang = (_texts(fields.get(name, nothing), name, origin) for name in TEXTS)
    symbols = _symbols(fields.get("symbols", nothing), origin)
    rows = zip(origin.rows.tolist(), published, title, text, seen, available, symbols, url, lang, strict=True)
    return [Record(*row) for row in rows]


def _fields(cells: Cells, origin: Origin, columns: Mapping[str, str]) -> Cells:
    unknown = sorted(set(columns) - set(FIELDS))
    if unknown:
        raise ConfigError(f"columns: unknown field {unknown[0]!r}; choose from: {', '.join(FIELDS)}")
    for field, column in columns.items():
        if column not in cells:
            listed = one_line(", ".join(cells)) or "none"
            raise ConfigError(f"columns: {field} is said to be {shown(column)}; {origin.file} has {listed}")
    wanted = {field: columns.get(field, field) for field in FIELDS}
    found = {field: cells[column] for field, column in wanted.items() if column in cells}
    if "published_at" not in found or not {"title", "text"} & set(found):
        listed = one_line(", ".join(cells)) or "none"
        raise DataError(f"{origin.file}: expected columns published_at, and title or text; it has {listed}")
    return found


def cell_times(values: list[Any], name: str, origin: Origin, time_zone: str | None) -> list[int | None]:
    """ns UTC, None where the cell is empty. A date alone is the last second of that local day.

    Raises
    ------
    DataError
        Times of several kinds, without a zone, or out of range.
    """
    held = [i for i, value in enumerate(values) if value is not None and value != ""]
    result: list[int | None] = [None] * len(values)
    if not held:
        return result
    try:
        column = pl.Series(name, [values[i] for i in held], strict=True)
    except (TypeError, pl.exceptions.PolarsError):
        raise DataError(f"{origin.file}: column {name}: expected times of one kind, got a mixture") from None
    some = Origin(origin.file, origin.word, origin.rows[held])
    read = read_times(column, some, time_zone=time_zone)
    if BARE_DATES in read.flags:
        if time_zone is None:
            raise DataError(
                f"{origin.file}: column {name}: holds dates alone; time_zone must say whose days they are"
            )
        read = read_times(column, some, close_time=CloseTime(_END_OF_DAY, time_zone), time_zone=time_zone)
    if read.naive:
        raise some.error(
            0, name, f"expected a time with its zone, got {shown(str(column[0]))}; or set time_zone"
        )
    for i, ns in zip(held, read.ns.tolist(), strict=True):
        result[i] = ns
    return result


def _texts(values: list[Any], name: str, origin: Origin) -> list[str]:
    for i, value in enumerate(values):
        if value is not None and not isinstance(value, str):
            raise origin.error(i, name, f"expected text, got {shown(value)}")
    return [value or "" for value in values]


def _symbols(values: list[Any], origin: Origin) -> list[tuple[str, ...]]:
    """Names in a list, or in one text with blanks, commas, semicolons or bars between them."""
    found: list[tuple[str, ...]] = []
    for i, value in enumerate(values):
        names = re.split(r"[\s,;|]+", value.strip(" ,;|")) if isinstance(value, str) else value
        if not isinstance(names, (list, tuple, type(None))) or not all(
            isinstance(n, str) for n in names or ()
        ):
            raise origin.error(i, "symbols", f"expected names, got {shown(value)}")
        found.append(tuple(name for name in names or () if name))
    return found


SOURCE = Source("frame", "a Parquet, JSON lines or CSV file with a map of columns", load, needs="path")
