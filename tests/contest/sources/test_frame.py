from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from quantrl import registry
from quantrl.contest import DocumentStore, load_documents
from quantrl.contest.sources import PACKAGE, SourceConfig, _rows
from quantrl.contest.sources.frame import read_frame
from quantrl.errors import ConfigError, DataError
from quantrl.units import NS_PER_SECOND, ns_from_iso

ROWS = [
    {"published_at": "2024-05-01T10:00:00Z", "title": "first", "text": "one", "symbols": "AAPL, MSFT"},
    {"published_at": "2024-05-01T13:00:00+02:00", "title": "second", "text": "two", "symbols": None},
    {"published_at": "2024-05-02T09:30:00-04:00", "title": "third", "text": "three", "symbols": "KO"},
]


def load(path: Path, **settings: Any) -> DocumentStore:
    return load_documents({"source": "frame", "path": str(path), **settings})


def written(folder: Path, suffix: str, rows: list[dict[str, Any]] = ROWS) -> Path:
    path, frame = folder / f"news{suffix}", pl.DataFrame(rows)
    if suffix == ".parquet":
        frame.write_parquet(path)
    elif suffix == ".csv":
        frame.write_csv(path)
    else:
        path.write_text("\n".join(json.dumps(row) for row in rows) + "\n\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".jsonl", ".ndjson"])
def test_every_format_gives_the_same(tmp_path: Path, suffix: str) -> None:
    store = load(written(tmp_path, suffix))
    assert store.sha256 == read_frame(pl.DataFrame(ROWS), "news").sha256
    seen = store.as_of(ns_from_iso("2024-05-02T13:31"))
    assert [d.title for d in seen] == ["first", "second", "third"]
    assert [d.symbols for d in seen] == [("AAPL", "MSFT"), (), ("KO",)]
    assert len(store.as_of(ns_from_iso("2024-05-02T13:31") - 1)) == 2
    assert seen.window(0)[0].source == "news"


def test_a_map_of_columns_a_zone_and_a_delay(tmp_path: Path) -> None:
    rows = [{"ts": "2024-05-01 10:00", "headline": "a", "seen": "2024-05-01 11:00", "tickers": "A|B;C"}]
    columns = {"published_at": "ts", "title": "headline", "first_seen": "seen", "symbols": "tickers"}
    path = written(tmp_path, ".csv", rows)
    store = load(path, name="wire", columns=columns, time_zone="America/New_York", delay_s=5)
    (d,) = store.as_of(2**62)
    assert (d.source, d.symbols, d.published_at) == ("wire", ("A", "B", "C"), ns_from_iso("2024-05-01T14:00"))
    assert d.available_at == ns_from_iso("2024-05-01T15:00") + 5 * NS_PER_SECOND
    with pytest.raises(
        DataError, match="news.csv: line 2, column 'published_at': expected a time with its zone"
    ):
        load(path, columns=columns)


def test_a_date_alone_is_the_last_second_of_that_local_day(tmp_path: Path) -> None:
    path = written(tmp_path, ".csv", [{"published_at": "2024-07-01", "title": "a"}])
    (d,) = load(path, time_zone="America/New_York").as_of(2**62)
    assert d.published_at == ns_from_iso("2024-07-02T03:59:59")
    with pytest.raises(DataError, match="column published_at: holds dates alone; time_zone must say"):
        load(path)


def test_times_may_be_numbers_or_datetimes() -> None:
    stamp = dt.datetime(2024, 5, 1, 10, tzinfo=dt.UTC)
    for value in (stamp, ns_from_iso("2024-05-01T10:00"), "2024-05-01T10:00:00Z"):
        (d,) = read_frame(pl.DataFrame([{"published_at": value, "title": "a"}]), "x").as_of(2**62)
        assert d.published_at == ns_from_iso("2024-05-01T10:00")


def test_stated_availability_takes_no_delay() -> None:
    row = {"published_at": "2024-05-01T10:00:00Z", "available_at": "2024-05-01T10:00:30Z", "title": "a"}
    (d,) = read_frame(pl.DataFrame([row]), "x").as_of(2**62)
    assert d.available_at - d.published_at == 30 * NS_PER_SECOND


def test_undated_rows(tmp_path: Path) -> None:
    path = written(tmp_path, ".jsonl", [*ROWS, {"title": "undated"}])
    with pytest.raises(DataError, match="news: row 4, published_at: expected a time, got none"):
        load(path)
    store = load(path, undated="drop")
    assert (len(store), store.undated) == (3, 1)


def test_quoted_lines_in_csv_keep_their_line_numbers(tmp_path: Path) -> None:
    path = tmp_path / "news.csv"
    head = 'published_at,title,text\n2024-05-01T10:00:00Z,a,"two\nlines"\n'
    path.write_text(head + "2024-05-01T10:30:00Z,b,c\n", encoding="utf-8")
    assert [d.text for d in load(path).as_of(2**62)] == ["two\nlines", "c"]
    path.write_text(head + "2024-05-01T10:00:00Z,b\n", encoding="utf-8")
    with pytest.raises(DataError, match="news.csv: line 4: expected 3 fields, got 2"):
        load(path)


BAD_LINES = [
    (b'{"title": "a"', "line 2: expected a JSON object"),
    (b"[1, 2]", "line 2: expected a JSON object, got"),
    (b'{"published_at": NaN, "title": "a"}', "line 2: expected a JSON object, got the constant NaN"),
    (b"[" * 100_000, "line 2: expected a JSON object, got nested too deeply"),
    (b'{"published_at": "2024-05-01T10:00:00Z", "title": "\xff"}', "line 2: not UTF-8 at byte"),
    (b'{"published_at": "2024-05-01T10:00:00Z", "title": 5}', "line 2, column 'title': expected text, got 5"),
    (b'{"published_at": "2024-05-01T10:00:00Z", "title": "\\ud800"}', "row 2, title: not valid Unicode"),
    (
        b'{"published_at": "yesterday", "title": "a"}',
        "line 2, column 'published_at': expected a date such as",
    ),
    (b'{"published_at": 1714557600, "title": "a"}', "expected times of one kind, got a mixture"),
    (b'{"published_at": "2024-05-01T10:00:00Z", "title": "a", "symbols": 7}', "line 2, column 'symbols'"),
    (
        b'{"published_at": "2024-05-01T10:00:00Z", "available_at": "2024-05-01T09:00:00Z", "title": "a"}',
        "row 2, available_at: .* lies before published_at",
    ),
    (
        b'{"published_at": "2024-05-01T10:00:00Z", "title": "first", "text": "other"}',
        "has the url, title and time of row 1",
    ),
]


@pytest.mark.parametrize(("line", "message"), BAD_LINES)
def test_bad_lines_are_refused_with_row_and_reason(tmp_path: Path, line: bytes, message: str) -> None:
    path = tmp_path / "news.jsonl"
    path.write_bytes(json.dumps(ROWS[0]).encode() + b"\n" + line + b"\n")
    with pytest.raises(DataError, match=message) as caught:
        load(path)
    assert "\n" not in str(caught.value)


def test_limits_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (_rows.MAX_BYTES, _rows.MAX_ROWS) == (64 << 20, 5_000_000)
    path = written(tmp_path, ".jsonl")
    with path.open("ab") as file:
        file.truncate((64 << 20) + 1)
    with pytest.raises(DataError, match="news.jsonl: has 67108865 bytes, more than 67108864"):
        load(path)
    monkeypatch.setattr(_rows, "MAX_ROWS", 2)
    for suffix in (".parquet", ".csv", ".jsonl"):
        with pytest.raises(DataError, match="more than 2 rows"):
            load(written(tmp_path, suffix))


def test_files_that_are_none(tmp_path: Path) -> None:
    damaged = tmp_path / "bad.parquet"
    damaged.write_bytes(b"PAR1" + b"\x00" * 400 + b"PAR1")
    packed = tmp_path / "news.csv"
    packed.write_bytes(b"\x1f\x8b\x08\x00")
    ragged = tmp_path / "twice.csv"
    ragged.write_text("title,title\n", encoding="utf-8")
    empty = tmp_path / "empty.jsonl"
    empty.write_text("", encoding="utf-8")
    for path, message in (
        (tmp_path / "absent.csv", "no such file"),
        (tmp_path / "news.xlsx", "expected a name that ends in .parquet"),
        (tmp_path, "expected a name that ends in"),
        (damaged, "bad.parquet: cannot be read"),
        (packed, "is compressed with gzip"),
        (ragged, "line 1: expected distinct column names"),
        (empty, "is empty"),
    ):
        with pytest.raises(DataError, match=message):
            load(path)


def test_columns_that_are_not_there(tmp_path: Path) -> None:
    path = written(tmp_path, ".csv")
    with pytest.raises(ConfigError, match="columns: unknown field 'headline'; choose from: published_at"):
        load(path, columns={"headline": "title"})
    with pytest.raises(ConfigError, match="title is said to be 'head'; .*news.csv has published_at, title"):
        load(path, columns={"title": "head"})
    with pytest.raises(ConfigError, match="time_zone: unknown time zone 'Mars'"):
        load(path, time_zone="Mars")
    with pytest.raises(DataError, match="expected columns published_at, and title or text; it has a"):
        load(written(tmp_path, ".csv", [{"a": 1}]))


def test_sources_are_found_and_say_what_they_need(tmp_path: Path) -> None:
    assert {"fomc", "frame", "market", "planted"} <= set(registry.members(PACKAGE))
    with pytest.raises(ConfigError, match="unknown sources 'newsx'; choose one of: fomc, frame"):
        load_documents("newsx")
    for name, need in (("frame", "path"), ("market", "panel"), ("stocknet", "path"), ("stockbench", "path")):
        with pytest.raises(ConfigError, match=f"source '{name}' needs a {need}"):
            load_documents(name)
    with pytest.raises(ConfigError, match="documents: colums"):
        load_documents({"source": "frame", "colums": {}})
    with pytest.raises(ConfigError, match="documents: delay_s"):
        load_documents({"source": "frame", "delay_s": -1})
    assert load_documents(SourceConfig(source="fomc")).sources == ("fomc",)
