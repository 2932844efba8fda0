from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from quantrl.contest.fundamentals import Fundamentals
from quantrl.errors import DataError
from quantrl.units import ns_from_iso

ROWS = {
    "symbol": ["AAA", "BBB", "AAA"],
    "filed_at": ["2030-02-01T21:00:00Z", "2030-02-03T12:00:00Z", "2030-01-05T08:00:00Z"],
    "name": ["eps", "eps", "eps"],
    "value": [2.0, -1.0, 1.0],
    "period": ["2029Q4", "2029Q4", "2029Q3"],
}


@pytest.mark.parametrize("suffix", ["parquet", "csv", "jsonl"])
def test_files_of_every_kind_say_the_same(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"filed.{suffix}"
    frame = pl.DataFrame(ROWS)
    {"parquet": frame.write_parquet, "csv": frame.write_csv, "jsonl": frame.write_ndjson}[suffix](file)
    figures = Fundamentals.read(file)
    assert len(figures) == 3
    view = figures.as_of(ns_from_iso("2030-02-01T21:00:00"))
    assert [(f.value, f.period) for f in view.figures["AAA"]] == [(1.0, "2029Q3"), (2.0, "2029Q4")]
    assert view.newest("BBB") == ()
    ((last, before),) = view.newest("AAA")
    assert (last.value, before and before.value) == (2.0, 1.0)
    assert len(figures.as_of(ns_from_iso("2030-02-01T20:59:59")).figures["AAA"]) == 1


def test_a_date_alone_is_the_end_of_that_local_day() -> None:
    frame = pl.DataFrame(ROWS | {"filed_at": ["2030-02-01", "2030-02-03", "2030-01-05"]})
    with pytest.raises(DataError, match="time_zone must say whose days they are"):
        Fundamentals.from_frame(frame)
    figures = Fundamentals.from_frame(frame, time_zone="America/New_York")
    end = ns_from_iso("2030-02-02T04:59:59")
    assert len(figures.as_of(end - 1).figures["AAA"]) == 1
    assert len(figures.as_of(end).figures["AAA"]) == 2


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("filed_at", None, "row 2, column 'filed_at': expected a time, got none"),
        ("value", float("nan"), "row 2, value: expected a finite number, got nan"),
        ("value", None, "row 2, column 'value': expected a number"),
        ("symbol", None, "row 2, column 'symbol': expected text"),
        ("name", "x" * 65, "row 2, name: expected 1 to 64 printable characters"),
        ("name", "a\nb", "row 2, name: expected 1 to 64 printable characters"),
        ("period", "y" * 65, "row 2, period: expected 0 to 64"),
    ],
)
def test_rows_that_cannot_be_used_are_named(column: str, value: object, message: str) -> None:
    values = list(ROWS[column])
    values[1] = value  # type: ignore[call-overload]
    with pytest.raises(DataError, match=message):
        Fundamentals.from_frame(pl.DataFrame(ROWS | {column: values}))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(
        DataError, match="expected columns symbol, filed_at, name, value, period; it has symbol"
    ):
        Fundamentals.from_frame(pl.DataFrame(ROWS).select("symbol", "value"))
