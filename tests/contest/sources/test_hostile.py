"""Files made to break a reader: it answers with documents or with one line of refusal, and with nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counts import FULL
from quantrl.contest import load_documents
from quantrl.contest.sources import _rows
from quantrl.contest.sources.frame import read_frame
from quantrl.errors import ConfigError, DataError

CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(
        ["2024-05-01", "2024-05-01T10:00:00Z", "2024-13-01", "1000-01-01", "9999-12-31T00:00Z", ""]
    ),
    st.lists(st.text(max_size=3), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)
NAMES = ("published_at", "available_at", "first_seen", "title", "text", "symbols", "url")
ROWS = st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, CELLS)), min_size=1, max_size=4)


def answers(path: Path) -> None:
    problem = ""
    try:
        load_documents({"source": "frame", "path": str(path), "time_zone": "UTC", "undated": "drop"})
    except (DataError, ConfigError) as error:
        problem = str(error)
    assert "\n" not in problem
    assert len(problem) < 1_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@settings(max_examples=1_000 if FULL else 100)
@given(rows=ROWS)
def test_any_json(folder: Path, rows: list[dict[str, Any]]) -> None:
    path = folder / "any.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    answers(path)


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".jsonl"])
def test_flipped_bytes(tmp_path: Path, suffix: str) -> None:
    rows = [
        {"published_at": f"2024-05-0{i}T10:00:00Z", "title": f"title {i}", "symbols": "A,B"}
        for i in range(1, 9)
    ]
    path, frame = tmp_path / f"news{suffix}", pl.DataFrame(rows)
    {".parquet": frame.write_parquet, ".csv": frame.write_csv, ".jsonl": frame.write_ndjson}[suffix](path)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(1_000 if FULL else 60):
        damaged = bytearray(whole)
        for _ in range(int(rng.integers(1, 4))):
            damaged[int(rng.integers(len(damaged)))] = int(rng.integers(256))
        path.write_bytes(
            bytes(damaged[: int(rng.integers(1, len(damaged) + 1))] if rng.random() < 0.2 else damaged)
        )
        answers(path)


def test_a_small_file_that_stands_for_gigabytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bomb.parquet"
    text = "x" * (1 << 20) + "y"
    pl.DataFrame({"published_at": ["2024-05-01T10:00:00Z"] * 50, "title": [text] * 50}).write_parquet(path)
    assert path.stat().st_size < 1 << 20
    with pytest.raises(DataError, match="row 1, column 'title': has 1048577 bytes, more than 1048576"):
        load_documents({"source": "frame", "path": str(path)})
    monkeypatch.setattr(_rows, "MAX_CELL", 1 << 21)
    monkeypatch.setattr(_rows, "MAX_TEXT_BYTES", 1 << 25)
    with pytest.raises(DataError, match="column 'title': holds 52428850 bytes of text, more than"):
        load_documents({"source": "frame", "path": str(path)})


def test_columns_of_a_kind_that_holds_no_text(tmp_path: Path) -> None:
    path = tmp_path / "news.parquet"
    pl.DataFrame({"published_at": ["2024-05-01T10:00:00Z"], "title": [{"a": 1}]}).write_parquet(path)
    with pytest.raises(DataError, match="column 'title': expected text, numbers or times, got Struct"):
        load_documents({"source": "frame", "path": str(path)})


def test_names_may_come_as_lists(tmp_path: Path) -> None:
    frame = pl.DataFrame({"published_at": ["2024-05-01T10:00:00Z"], "title": ["a"], "symbols": [["A", "B"]]})
    path = tmp_path / "news.parquet"
    frame.write_parquet(path)
    stores = [load_documents({"source": "frame", "path": str(path)}), read_frame(frame, "news")]
    assert [d.symbols for store in stores for d in store.as_of(2**62)] == [("A", "B")] * 2
