"""Readers of folders that are not shipped; skipped where they are absent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantrl.contest import DocumentStore, load_documents
from quantrl.contest.sources import stockbench, stocknet
from quantrl.contest.zi import day_returns
from quantrl.errors import DataError
from quantrl.units import iso_date, ns_from_iso


@pytest.fixture(scope="module")
def tweets(shared_data: Path) -> DocumentStore:
    return load_documents({"source": "stocknet", "path": str(shared_data / "stocknet")})


@pytest.fixture(scope="module")
def news(shared_data: Path) -> DocumentStore:
    return load_documents({"source": "stockbench", "path": str(shared_data / "stockbench")})


def test_stocknet_times_are_those_of_writing(tweets: DocumentStore, shared_data: Path) -> None:
    raw = pl.read_parquet(shared_data / "stocknet" / "tweets.parquet")
    assert len(tweets) + tweets.repeats == raw.height == 58_749
    assert raw.filter(pl.col("created_at").dt.date() != pl.col("day")).height == 4_048
    written = set(raw["created_at"].dt.epoch("ns").to_list())
    assert {d.published_at for d in tweets.as_of(2**62)} <= written
    assert set(raw["symbol"].unique()) == {s for d in tweets.as_of(2**62) for s in d.symbols}


def test_stocknet_returns_hold_dividends_and_splits(shared_data: Path) -> None:
    panel = stocknet.prices(shared_data / "stocknet")
    raw = pl.read_parquet(shared_data / "stocknet" / "prices.parquet").filter(pl.col("symbol") == "AAPL")
    total = (raw["open"] * raw["adj_close"] / raw["close"]).to_numpy()
    np.testing.assert_allclose(day_returns(panel)[:-1, 0], total[1:] / total[:-1] - 1, atol=1e-12)


def test_stockbench_times_are_utc_and_not_the_label(news: DocumentStore, shared_data: Path) -> None:
    raw = pl.read_parquet(shared_data / "stockbench" / "news.parquet")
    assert len(news) + news.repeats == raw.height == 1_685
    told = set(raw.filter(pl.col("source") == "Yahoo")["published_at"].dt.epoch("ns").to_list())
    found = {d.published_at for d in news.as_of(2**62)}
    assert len(found & told) > 0.9 * len(told)  # a repeat keeps the time of the first alone
    assert max(found) == ns_from_iso("2025-03-31T19:13:49")


@pytest.mark.parametrize(
    ("item", "at"),
    [
        ("132891682", "2025-02-27T01:29:46"),  # a transcript of a call that began at 22:00 UTC
        ("132321602", "2025-01-02T21:34:00"),  # notes on the close, in winter and in summer time
        ("133387355", "2025-03-24T20:40:00"),
    ],
)
def test_stockbench_notes_on_an_event_come_after_it(news: DocumentStore, item: str, at: str) -> None:
    document = next(d for d in news.as_of(2**62) if d.url == f"item:{item}")
    assert document.published_at == ns_from_iso(at)


def test_no_stockbench_return_spans_a_hole(shared_data: Path) -> None:
    panel = stockbench.prices(shared_data / "stockbench")
    days = [iso_date(t) for t in panel.time.tolist()]
    returns = day_returns(panel)
    for hole in stockbench.HOLES:
        row = days.index(hole)
        assert np.isnan(returns[row - 1 : row + 1]).all()
    aapl = panel.instruments.index("AAPL")
    assert np.isnan(returns[days.index("2025-02-10"), aapl])
    assert panel["close"][0, aapl] == 248.13


def test_a_folder_without_the_files(tmp_path: Path) -> None:
    for source, file in (("stocknet", "tweets"), ("stockbench", "news")):
        with pytest.raises(DataError, match=f"{file}.parquet: no such file"):
            load_documents({"source": source, "path": str(tmp_path)})
        pl.DataFrame({"symbol": ["A"], "text": ["b"]}).write_parquet(tmp_path / f"{file}.parquet")
        with pytest.raises(DataError, match=f"{file}.parquet: expected columns symbol, .* is missing"):
            load_documents({"source": source, "path": str(tmp_path)})
