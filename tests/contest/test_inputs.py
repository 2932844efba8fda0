"""Prices and documents of a config: data sets that bring both, one file as several sources."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from quantrl.contest.config import ContestConfig
from quantrl.contest.inputs import load_inputs
from quantrl.errors import ConfigError, DataError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data set in the form of StockBench, of invented names."""
    days = [f"2025-02-{day:02}" for day in (3, 4, 5, 6, 7)]
    rows = [(name, day) for name in ("AAA", "BBB") for day in days]
    prices = pl.DataFrame({"symbol": [name for name, _ in rows], "date": [day for _, day in rows]})
    prices = prices.with_columns(pl.col("date").str.to_date(), volume=pl.lit(1e6))
    prices = prices.with_columns(pl.lit(10.0).alias(name) for name in ("open", "high", "low", "close"))
    prices.write_parquet(tmp_path / "prices.parquet")
    pl.DataFrame(
        {
            "symbol": ["AAA", "BBB", "AAA"],
            "published_at": [f"2025-02-04T1{i}:00:00+00:00" for i in range(3)],
            "title": ["AAA wins", "BBB loses", "AAA waits"],
            "description": ["a", "b", "c"],
            "source": ["Wire", "Post", "Wire"],
        }
    ).write_parquet(tmp_path / "news.parquet")
    return tmp_path


def config(documents: list[dict[str, Any]], **changes: Any) -> ContestConfig:
    fields = {"start": "2025-02-04", "end": "2025-02-06", "agents": ["rules/equal_weight"]}
    return ContestConfig(**fields, documents=documents, **changes)


def part(folder: Path, name: str, **where: list[str]) -> dict[str, Any]:
    return {"source": "stockbench", "name": name, "path": str(folder), "where": where}


def test_documents_bring_their_prices_and_one_file_is_several_sources(folder: Path) -> None:
    panel, docs = load_inputs(
        config([part(folder, "wire", source=["Wire"]), part(folder, "rest", source=["Post", "Other"])])
    )
    assert panel.instruments == ("AAA", "BBB")
    assert docs.sources == ("rest", "wire")
    found = {(d.source, d.title) for d in docs.as_of(2**62)}
    assert found == {("wire", "AAA wins"), ("wire", "AAA waits"), ("rest", "BBB loses")}


def test_the_symbols_named_alone_take_part(folder: Path) -> None:
    panel, _ = load_inputs(config([part(folder, "all")], symbols=["BBB"]))
    assert panel.instruments == ("BBB",)


def test_two_conditions_both_hold(folder: Path) -> None:
    _, docs = load_inputs(config([part(folder, "one", source=["Wire"], title=["AAA wins"])]))
    assert [d.title for d in docs.as_of(2**62)] == ["AAA wins"]


def test_a_column_that_is_not_there(folder: Path) -> None:
    with pytest.raises(ConfigError, match="where: expected one of symbol, published_at, .*, got 'publisher'"):
        load_inputs(config([part(folder, "one", publisher=["Wire"])]))


def test_a_source_without_a_file_has_no_rows_to_keep(folder: Path) -> None:
    with pytest.raises(ConfigError, match="where: source 'market' reads no file"):
        load_inputs(config([part(folder, "all"), {"source": "market", "where": {"a": ["b"]}}]))


def test_two_data_sets_bring_no_one_panel(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    with pytest.raises(ConfigError, match="documents bring 2 sets of prices"):
        load_inputs(config([part(folder, "one"), part(other, "two")]))


@pytest.mark.parametrize(("name", "sources"), [("stockbench", 6), ("stocknet", 6)])
def test_configs_of_data_sets_that_are_not_shipped(shared_data: Path, name: str, sources: int) -> None:
    settings = ContestConfig.read(ROOT / "strategies" / f"contesttrade_{name}" / "config.toml")
    panel, docs = load_inputs(settings)
    assert len(docs.sources) == sources
    assert len(docs) > 1_500
    assert set(panel.instruments) >= {"AAPL", "JPM", "MSFT"}


def test_where_the_data_set_is_absent_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no such file"):
        load_inputs(config([part(tmp_path / "absent", "one")]))
