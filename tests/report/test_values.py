"""Every number on the page is the number of the file, at the digits shown."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantrl.report.values import Values
from report.reading import Page, check, derived, keyed, resolve


@pytest.mark.parametrize("kind", ["contest", "backtest", "hostile"])
def test_every_number_equals_the_report(kind: str, request: pytest.FixtureRequest) -> None:
    page: Page = request.getfixturevalue(f"{kind}_page")
    run: Path = request.getfixturevalue(f"{kind}_run")
    report = json.loads((run / "report.json").read_text())
    marked = [element for element in page.elements if "data-key" in element.attributes]
    assert len(marked) > 60
    for element in marked:
        check(element, resolve(report, element.attributes["data-key"]))


def test_every_measure_and_every_agent_is_on_the_page(contest_page: Page, contest_run: Path) -> None:
    report = json.loads((contest_run / "report.json").read_text())
    shown = keyed(contest_page)
    for i, book in enumerate(report["books"]):
        for name, entry in book["measures"].items():
            if name == "total":
                continue
            ends = ["value"] if entry["low"] is None else ["value", "low", "high"]
            assert {f"/books/{i}/measures/{name}/{end}" for end in ends} <= set(shown)
    for i, row in enumerate(report["leaderboard"]):
        numbers = {
            f"/leaderboard/{i}/{k}" for k, v in row.items() if isinstance(v, (int, float)) and k != "pos"
        }
        assert numbers <= set(shown)
    assert {"/delay/0/sharpe", "/delay/1/sharpe", "/audit/max_residual", "/trials/on_data"} <= set(shown)


def test_undefined_numbers_give_their_reason(contest_page: Page) -> None:
    (reason,) = [e for e in contest_page.all("abbr") if e.text == "—"]
    assert reason.attributes["title"] == "no return below the threshold"


def test_months_and_years_follow_from_the_curve(contest_page: Page, contest_run: Path) -> None:
    frame = pl.read_parquet(contest_run / "equity.parquet").select(
        pl.from_epoch("time", time_unit="ns").alias("time"), pl.col("book:contest").alias("equity")
    )
    shown = derived(contest_page)
    for every, name in (("1mo", "months/{0.year}/{0.month}"), ("1y", "years/{0.year}")):
        ends = frame.group_by_dynamic("time", every=every).agg(pl.col("equity").last())
        before = [frame["equity"][0], *ends["equity"][:-1]]
        for start, end, equity in zip(before, ends["equity"], ends["time"], strict=True):
            check(shown[name.format(equity)], end / start - 1)


def test_drawdowns_follow_from_the_curve(contest_page: Page, contest_run: Path) -> None:
    curve = pl.read_parquet(contest_run / "equity.parquet")["book:contest"].to_numpy()
    deepest = float((curve / np.maximum.accumulate(curve)).min() - 1)
    shown = derived(contest_page)
    check(shown["drawdowns/1/depth"], deepest)
    depths = [
        float(shown[f"drawdowns/{rank}/depth"].text.replace("−", "-").rstrip("%")) for rank in range(1, 11)
    ]
    assert depths == sorted(depths)


def test_costs_follow_from_the_fills(contest_page: Page, contest_run: Path) -> None:
    at = pl.from_epoch("time", time_unit="ns").dt.year().alias("year")
    fills = pl.read_parquet(contest_run / "fills.parquet").with_columns(at)
    equity = pl.read_parquet(contest_run / "equity.parquet").with_columns(at)
    mean = dict(equity.group_by("year").agg(pl.col("book:contest").mean()).iter_rows())
    sums = fills.group_by("year").agg(
        n=pl.len(),
        cost=(pl.col("fee") + pl.col("slippage")).sum(),
        traded=(pl.col("units").abs() * pl.col("price")).sum(),
    )
    shown = derived(contest_page)
    for year, n, cost, traded in sums.iter_rows():
        check(shown[f"trading/{year}/fills"], n)
        check(shown[f"trading/{year}/cost"], cost)
        check(shown[f"trading/{year}/cost_bps"], cost / mean[year] * 1e4)
        check(shown[f"trading/{year}/turnover"], traded / mean[year])


def test_netting_is_that_of_the_metrics(contest_page: Page, backtest_page: Page, contest_run: Path) -> None:
    metrics = json.loads((contest_run / "metrics.json").read_text())
    marked = [element for element in contest_page.elements if "data-metric" in element.attributes]
    assert len(marked) == 3
    for element in marked:
        check(element, resolve(metrics, element.attributes["data-metric"]))
    assert "netting saved the difference" in contest_page.by_id("costs").text
    assert not [element for element in backtest_page.elements if "data-metric" in element.attributes]


def test_targets_are_the_last_decision(contest_page: Page, contest_run: Path) -> None:
    last = pl.read_parquet(contest_run / "decisions.parquet").row(-1, named=True)
    weights = {name[2:]: weight for name, weight in last.items() if name.startswith("w:")}
    shown = derived(contest_page)
    for name, weight in weights.items():
        if weight > 0:
            check(shown[f"targets/{name}"], weight)
    check(shown["cash"], 1 - sum(weights.values()))
    assert "Not filled yet" in contest_page.by_id("targets").text


def test_a_pointer_reaches_escaped_names() -> None:
    assert Values({"a/b": [{"~": 3}]}).at("/a~1b/0/~0") == 3
