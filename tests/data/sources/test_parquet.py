from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import quantrl.data as data
from counts import full_or
from quantrl.data import grid
from quantrl.data.sources import _edge
from quantrl.errors import DataError

Write = Callable[[str, Any], Path]
DAYS = pl.date_range(pl.date(2020, 1, 1), pl.date(2020, 1, 3), eager=True)
WIDE = pl.DataFrame({"date": DAYS, "A": [1.0, None, 3.0], "B": [1, 2, 3]})


def test_wide_and_categorical_symbols(write: Write) -> None:
    assert data.read(write("w.parquet", WIDE))["close"][:, 1].tolist() == [1, 2, 3]
    long = WIDE.unpivot(index="date", variable_name="symbol", value_name="close").cast(
        {"symbol": pl.Categorical}
    )
    assert data.read(write("l.parquet", long)).instruments == ("A", "B")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("this is text, not a table", "is not a Parquet file"),
        (b"PAR1" + b"\x00" * 20 + b"PAR1", "cannot be read"),
        (b"PAR1", "cannot be read"),
        (b"", "is empty"),
        (WIDE.head(0), "no data rows"),
        (WIDE.drop("A", "B"), "nothing to read"),
        (WIDE.with_columns(A=pl.lit(float("nan"))), "Q03 row 1, column 'A'"),
        (WIDE.with_columns(A=pl.lit("x")), "row 1, column 'A': expected a number, got 'x'"),
        (WIDE.with_columns(A=pl.concat_list("B")), "column 'A': expected numbers, got List"),
        (WIDE.with_columns(A=pl.lit(b"x")), "column 'A': expected numbers, got Binary"),
        (WIDE.with_columns(date=pl.lit(1.5)), "column 'date': expected a date"),
        (WIDE.reverse(), "Q01 row 2, column 'date'"),
        (WIDE.with_columns(date=pl.col("date").cast(pl.Datetime) + pl.duration(hours=1)), "Q08 row 1"),
    ],
)
def test_every_fault_is_one_line_with_the_file(write: Write, content: Any, message: str) -> None:
    path = write("f.parquet", content)
    with pytest.raises(DataError, match=message) as caught:
        data.read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_missing_files_folders_and_devices(tmp_path: Path) -> None:
    for path, message in (
        (tmp_path / "no.parquet", "no such file"),
        (tmp_path, "folder"),
        ("/dev/null", "regular"),
    ):
        with pytest.raises(DataError, match=message):
            data.read_parquet(path)
    with pytest.raises(DataError, match="cannot be opened"):
        data.read_parquet("a\x00b")


def test_limits_come_before_reading(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("w.parquet", WIDE)
    for module, name, message in (
        (_edge, "MAX_BYTES", "bytes, more than 2"),
        (grid, "MAX_ROWS", "3 rows, more than 2"),
        (grid, "MAX_CELLS", "cells, more than 2"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, 2)
            with pytest.raises(DataError, match=message):
                data.read(path)


def test_a_long_file_must_not_unfold_into_more_than_memory(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    n = 50
    frame = pl.DataFrame(
        {"symbol": [f"S{i}" for i in range(n)], "time": [10**18 + i for i in range(n)], "close": 1.0}
    )
    path = write("l.parquet", frame)
    monkeypatch.setattr(grid, "MAX_CELLS", 1000)
    with pytest.raises(DataError, match="2500 cells, more than 1000"):
        data.read(path)


def test_a_path_is_never_a_pattern(write: Write, tmp_path: Path) -> None:
    write("a1.parquet", WIDE)
    with pytest.raises(DataError, match="no such file"):
        data.read(tmp_path / "a*.parquet")
    assert data.read(write("b[1].parquet", WIDE)).n_bars == 3


def parquet_bytes() -> bytes:
    buffer = io.BytesIO()
    WIDE.write_parquet(buffer)
    return buffer.getvalue()


ORIGINAL = parquet_bytes()
PLACES = st.one_of(st.integers(0, len(ORIGINAL)), st.integers(len(ORIGINAL) - 600, len(ORIGINAL)))
EDITS = st.lists(st.tuples(PLACES, st.integers(0, 3), st.binary(max_size=3)), min_size=1, max_size=4)


@settings(max_examples=full_or(50_000, 250), suppress_health_check=list(HealthCheck))
@given(EDITS)
def test_damaged_files_give_a_panel_or_a_data_error(
    tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[int, int, bytes]]
) -> None:
    content = ORIGINAL
    for at, cut, piece in edits:
        content = content[:at] + piece + content[at + cut :]
    path = tmp_path_factory.getbasetemp() / "damaged.parquet"
    path.write_bytes(content)
    problem = ""
    try:
        data.read(path)
    except DataError as error:
        problem = str(error)
    assert "\n" not in problem
    assert not problem or problem.startswith(str(path))
