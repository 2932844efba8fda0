"""A tear sheet from a result: every number of the page is one of ``report.json``, and those are the account's."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from quantrl.backtest import Costs, Margin, Result, Schedule, Terms, baselines, lookahead_check, run_weights
from quantrl.cli.main import run as command
from quantrl.data import Panel, load_sample
from quantrl.errors import DataError, RunError
from quantrl.report import text, write_report
from quantrl.runs import TrialLedger
from quantrl.selection.recorded import read_recorded
from quantrl.typing import FloatArray
from report.reading import Page, check, resolve
from report.test_browser import CHROMIUM, visit

HOSTILE = "<script>alert(1)</script>"


def market() -> Panel:
    """Three years of six names, one of which is markup."""
    panel = load_sample("us20").only("AAPL", "KO", "PEP", "WMT", "XOM", "GE").head(756)
    names = ["AAPL", HOSTILE, *panel.instruments[2:]]
    close = np.array(panel["close"])
    close[148, np.argmax(close[147] / close[21])] = (
        np.nan
    )  # the best name has no price where it should be bought
    return Panel.from_arrays({"close": close}, panel.time, names, periods_per_year=252)


def strongest(panel: Panel) -> FloatArray:
    """A half each in the two names that grew most in half a year."""
    close = panel["close"]
    weights = np.full(panel.shape, np.nan)
    for t in range(126, len(close), 21):
        order = np.argsort(-(close[t] / close[t - 126]), kind="stable")
        weights[t] = 0.0
        weights[t, order[:2]] = 0.5
    return weights


@pytest.fixture(scope="module")
def result() -> Result:
    panel = market()
    return run_weights(panel, strongest(panel), fill="next_close", costs=Costs(bps=10, minimum=1.0))


@pytest.fixture(scope="module")
def folder(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("sheet") / "demo"
    tested = lookahead_check(strongest, market(), prefixes=4)
    page = result.report(target / "report.html", lookahead=tested, seed=3)
    assert page == target / "report.html"
    return target


@pytest.fixture(scope="module")
def report(folder: Path) -> Any:
    return json.loads((folder / "report.json").read_text())


@pytest.fixture(scope="module")
def page(folder: Path) -> Page:
    return Page.read(folder / "report.html")


def test_every_number_of_the_page_is_in_the_report(page: Page, report: Any) -> None:
    numbers = [e for e in page.elements if e.attributes.get("class") == "n"]
    assert len(numbers) > 200
    for element in numbers:
        if "data-key" in element.attributes:
            check(element, resolve(report, element.attributes["data-key"]))
        else:
            check(element, report["derived"][element.attributes["data-derived"]])
    shown = {e.attributes.get("data-key") for e in numbers}
    for path in (
        "/account/luck/psr/value",
        "/account/luck/dsr/value",
        "/account/breakeven/multiplier",
        "/account/cost_curve/7/sharpe",
        "/account/trades/profit_factor/value",
        "/account/measures/cvar/value",
        "/account/orders/drops/0/count",
        "/account/attribution/5/net",
        "/random/measures/sharpe/low",
        "/random/p_value",
        "/books/1/sharpe_minus_contest/value",
        "/lookahead/demo",
        "/audit/max_residual",
    ):
        assert path in shown


def test_the_page_has_every_part(page: Page) -> None:
    parts = [e.attributes["id"] for e in page.all("section")]
    assert parts == [
        "run", "headline", "growth", "honesty", "months", "drawdowns", "rolling", "distribution", "trades",
        "exposure", "costs", "cost-curve", "notes",
    ]  # fmt: skip
    figures = json.loads(page.by_id("figures").text)["figures"]
    assert set(figures) == {"equity", "rolling", "distribution", "exposure", "costs", "cost-curve"}
    assert len([trace for trace in figures["rolling"]["data"] if trace.get("yaxis") == "y2"]) == 3
    names = [trace.get("name") for trace in figures["equity"]["data"]]
    assert {"demo", "Buy and hold", "Equal weight, every 21 bars", "Equal weight, every bar", "Cash"} <= set(
        names
    )
    assert "200 random schedules, 5 to 95%" in names


def test_the_numbers_are_those_of_the_account(report: Any, result: Result) -> None:
    account = report["account"]
    assert account["measures"]["cvar"]["value"] == result.measures["cvar"].value
    assert account["trades"]["hit"]["value"] == result.trade_measures["hit"].value
    assert account["cost_curve"] == result.cost_curve().to_dicts()
    assert account["breakeven"]["multiplier"] == result.breakeven().multiplier
    net = sum(row["net"] for row in account["attribution"])
    assert net + account["carry"] == pytest.approx(account["earned"], rel=1e-9)
    assert account["earned"] == result.equity[-1] - 1e6
    costs = sum(row["costs"] for row in account["attribution"])
    assert costs == pytest.approx(result.cost.sum(), rel=1e-9)
    assert account["orders"]["drops"] == [{"reason": "no_price", "count": result.drops.height}]
    assert report["lookahead"] == {"demo": lookahead_check(strongest, market(), prefixes=4).runs}


def test_baselines_trade_the_same_bars_at_the_same_costs(report: Any, result: Result, folder: Path) -> None:
    books = {book["name"]: book for book in report["books"]}
    assert list(books) == ["demo", "buy_and_hold", "equal_weight", "equal_weight_1", "cash"]
    again = run_weights(
        result.bars.panel, baselines.equal_weight(result.bars), fill="next_close", costs=result.settings.costs
    )
    assert books["equal_weight"]["measures"]["sharpe"]["value"] == again.measures["sharpe"].value
    gap = books["equal_weight"]["sharpe_minus_contest"]
    assert gap["value"] == pytest.approx(again.measures["sharpe"].value - result.measures["sharpe"].value)
    assert gap["low"] < gap["value"] < gap["high"]
    assert books["cash"]["measures"]["sharpe"]["reason"] == "zero_variance"
    assert books["cash"]["sharpe_minus_contest"] is None
    equity = pl.read_parquet(folder / "equity.parquet")
    assert equity["baseline:equal_weight"].to_list() == again.equity.tolist()


def test_the_band_is_that_of_the_random_schedules(report: Any, result: Result, folder: Path) -> None:
    schedules = list(baselines.random_schedules(result.schedule, result.bars, count=200, seed=3))
    options: Any = {"fill": "next_close", "costs": result.settings.costs}
    made = run_weights(result.bars.panel, schedules, **options)
    equity = pl.read_parquet(folder / "equity.parquet")
    curves = np.array([one.equity for one in made])
    for name, q in (("low", 0.05), ("middle", 0.5), ("high", 0.95)):
        assert equity[f"random:{name}"].to_numpy() == pytest.approx(np.quantile(curves, q, axis=0), rel=1e-12)
    sharpes = np.array([one.measures["sharpe"].value for one in made])
    own = result.measures["sharpe"].value
    assert report["random"]["beaten"] == (sharpes < own).mean()
    assert report["random"]["p_value"] == (1 + (sharpes >= own).sum()) / 201
    assert report["random"]["measures"]["sharpe"]["value"] == pytest.approx(np.median(sharpes))


def test_every_strategy_reported_on_the_same_data_is_a_trial(result: Result, tmp_path: Path) -> None:
    def told(name: str, made: Result) -> Any:
        made.report(tmp_path / "runs" / name)
        return json.loads((tmp_path / "runs" / name / "report.json").read_text())

    panel = result.bars.panel
    assert panel is not None
    first = told("a", result)
    assert (first["trials"], first["account"]["luck"]["trials"]) == ({"this_run": 1, "on_data": 1}, 1)
    assert first["account"]["luck"]["dsr"] == first["account"]["luck"]["psr"]
    assert told("a", result)["trials"]["on_data"] == 1
    for k in range(1, 11):
        weights = np.full(panel.shape, np.nan)
        weights[::21] = np.roll([0.1 * k, 0, 0, 0, 0, 0], k % 6)
        last = told(f"b{k}", run_weights(panel, weights, fill="next_close"))
    luck = last["account"]["luck"]
    assert (luck["trials"], luck["known"], luck["spread"]) == (11, 11, "trials")
    known = [trial.sharpe for trial in TrialLedger(tmp_path / "runs").read()]
    assert luck["sd_trials"] == pytest.approx(np.std(list(dict.fromkeys(known)), ddof=1) / np.sqrt(252))
    assert luck["dsr"]["value"] < luck["psr"]["value"]


def test_its_returns_can_be_recorded_without_naming_the_account(folder: Path, result: Result) -> None:
    recorded = read_recorded(str(folder))
    assert recorded.net == pytest.approx(result.returns[1:], rel=1e-12)


def test_a_name_that_is_markup_is_text(page: Page) -> None:
    assert HOSTILE in page.by_id("trades").text
    assert [e.attributes for e in page.all("script")] == [
        {"type": "application/json", "id": "figures"},
        {},
        {},
    ]
    assert not [name for e in page.elements for name in e.attributes if name.startswith("on")]


def test_the_folder_rebuilds_its_page_and_speaks(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    assert write_report(copy).read_bytes() == (folder / "report.html").read_bytes()
    said = text(folder)
    for words in (
        "random schedules that hold and trade as much",
        "Luck: PSR",
        "Costs: nothing is left",
        "no_price",
    ):
        assert words in said
    assert command(["report", str(folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["contents"] == json.loads((folder / "report.json").read_text())
    assert command(["report", str(folder), "--text"]) == 0
    assert "Look-ahead, demo: none found" in capsys.readouterr().out


def test_free_trading_margin_and_ruin_have_pages_too(tmp_path: Path) -> None:
    panel = market()
    free = run_weights(panel, strongest(panel), fill="next_close", costs=Costs.zero())
    page = Page.read(free.report(tmp_path / "free"))
    assert "Trading is free in this run" in page.by_id("cost-curve").text
    spread = np.full(panel.shape, np.nan)
    spread[10, :2] = -1.9, 0.0
    terms = Terms(margin=Margin(max_gross=2.0, maintenance=0.0), short_fee=0.05)
    lost = run_weights(panel, spread, fill="next_close", terms=terms)
    contents = json.loads((lost.report(tmp_path / "short").parent / "report.json").read_text())
    account = contents["account"]
    net = sum(row["net"] for row in account["attribution"])
    assert account["carry"] < 0.0
    assert net + account["carry"] == pytest.approx(account["earned"], rel=1e-8)
    idle = run_weights(panel, Schedule(np.array([], dtype=np.int64), np.empty((0, 6))), fill="next_close")
    page = Page.read(idle.report(tmp_path / "idle"))
    assert "too little to measure" in page.visible
    assert json.loads((tmp_path / "idle" / "report.json").read_text())["random"] is None


def test_what_has_no_page(result: Result, tmp_path: Path) -> None:
    arrays = run_weights(np.ones((5, 2)), np.full((5, 2), 0.1), fill="close", periods_per_year=252)
    with pytest.raises(DataError, match="report: needs a Panel"):
        arrays.report(tmp_path / "arrays")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(RunError, match="not a run folder"):
        result.report(tmp_path / "mine")
    assert [file.name for file in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome on PATH")
def test_a_browser_draws_every_chart_in_silence(folder: Path, tmp_path: Path) -> None:
    seen = visit(folder / "report.html", tmp_path)
    assert (seen.console, seen.requests) == ([], [])
    for name in ("equity", "rolling", "distribution", "exposure", "costs", "cost-curve"):
        assert re.search(rf'id="chart-{name}"[^>]*class="chart js-plotly-plot"', seen.dom), name
    assert "&lt;script&gt;alert(1)" in seen.dom
