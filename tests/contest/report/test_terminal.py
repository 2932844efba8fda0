"""What the commands print: explanations, costs, the grid of momentum, all from tables."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console, RenderableType

from contest.evaluate.fake_tables import AGENTS, SOURCES, FakeRun
from quantrl.contest.evaluate.tables import Tables
from quantrl.contest.llm.prices import Price, Prices
from quantrl.contest.report import build, cost, explain, momentum, terminal
from quantrl.errors import ConfigError


@pytest.fixture(scope="module")
def tables(rules_run: Path) -> Tables:
    return Tables.read(rules_run)


def printed(*parts: RenderableType) -> str:
    out = io.StringIO()
    console = Console(file=out, width=200, color_system=None)
    for part in parts:
        console.print(part)
    return out.getvalue()


def test_a_run_is_printed(tables: Tables) -> None:
    text = printed(*terminal(build(tables)))
    for words in (
        "Results after costs",
        "Do the contests predict?",
        "Who earned what",
        "not distinguishable",
    ):
        assert words in text
    assert "240 signals" in text


def test_a_day_is_explained(tables: Tables) -> None:
    found = explain(tables, date="2030-01-20")
    assert found.json["date"] == "2030-01-20"
    assert sum(one["share"] for one in found.json["agents"]) + found.json["cash"] == pytest.approx(1.0)
    shares = dict(zip(tables.agents, tables.shares("paper")[1][19], strict=True))
    assert {one["agent"]: one["share"] for one in found.json["agents"]} == pytest.approx(shares)
    assert sum(found.json["targets"].values()) == pytest.approx(sum(shares.values()))
    assert "Factors read" in found.text
    json.dumps(found.json, allow_nan=False)


def test_an_agent_is_explained(tables: Tables) -> None:
    found = explain(tables, AGENTS[0], "2030-01-20").json
    rows = tables.predictions.filter((pl.col("agent") == AGENTS[0]) & (pl.col("contest") == "research")).sort(
        "day"
    )
    assert found["known_scores"]["count"] == 18
    newest = rows["score"].to_list()[13:18]
    assert found["known_scores"]["newest"] == pytest.approx(newest)
    assert found["known_scores"]["features"]["last"] == pytest.approx(newest[-1])
    assert found["known_scores"]["features"]["mean5"] == pytest.approx(sum(newest) / 5)
    assert found["shares"].keys() == {"paper", "selection", "equal", "best_past"}
    assert {one["symbol"] for one in found["signals"]} == {"AAX", "BBX"}
    assert found["judges"]["by_judge"].keys() == {"judge:1", "judge:2", "judge:3"}
    text = explain(tables, AGENTS[0], "2030-01-20").text
    assert "AAX wins a contract" in text
    assert "but one source" in text


def test_a_score_that_came_late_is_not_said_to_have_been_known(tables: Tables) -> None:
    later = pl.when(pl.col("day") == 17).then(tables.decided[19] + 1).otherwise(pl.col("matured"))
    late = dataclasses.replace(tables, returns=tables.returns.with_columns(later.alias("matured")))
    found = explain(late, AGENTS[0], "2030-01-20").json["known_scores"]
    rows = tables.predictions.filter((pl.col("agent") == AGENTS[0]) & (pl.col("contest") == "research"))
    assert found["count"] == 17
    assert found["newest"] == pytest.approx(rows.sort("day")["score"].to_list()[12:17])


def test_a_data_agent_is_explained(tables: Tables) -> None:
    found = explain(tables, SOURCES[1])
    assert found.json["factor"]["agent"] == SOURCES[1]
    assert "Factor:" in found.text


def test_who_and_when_must_be_there(tables: Tables) -> None:
    with pytest.raises(ConfigError, match="agent: expected one of contest/researcher:catalyst"):
        explain(tables, "nobody")
    with pytest.raises(ConfigError, match="the first decision is of 2030-01-01"):
        explain(tables, date="2029-12-31")
    with pytest.raises(ConfigError, match="expected YYYY-MM-DD"):
        explain(tables, date="soon")


def test_nothing_printed_can_steer_a_terminal(tables: Tables) -> None:
    evil = json.dumps([{"ref": "d1", "claim": "\x1b[31mred\x07", "title": "x"}])
    signals = tables.signals.with_columns(evidence=pl.lit(evil))
    text = explain(dataclasses.replace(tables, signals=signals), AGENTS[0]).text
    assert "\x1b" not in text


def test_costs_under_other_prices(tmp_path: Path) -> None:
    calls = Tables.read(FakeRun(n_days=4, seeds=1, kind="llm").write(tmp_path / "run")).calls
    recorded = cost(calls)
    assert recorded.json["total"]["usd"] == pytest.approx(0.018)
    other = cost(calls, Prices("2026-05-01", {("openai", "*"): Price(1_000_000, 2_000_000)}))
    assert other.json["total"]["usd"] == pytest.approx(9 * (900 * 1e-6 + 120 * 2e-6))
    assert "at the prices of 2026-05-01" in printed(other.table())
    unknown = cost(calls, Prices("2026-05-01", {}))
    assert unknown.json["total"]["usd"] is None
    assert cost([]).json["total"]["hit_rate"] is None


def test_rules_cost_nothing(tables: Tables) -> None:
    calls = [{**line, "usd": None} for line in tables.calls]
    assert cost(calls).json["total"]["usd"] == 0.0
    assert cost(calls, Prices("2026-05-01", {})).json["total"]["usd"] == 0.0


def test_the_grid_of_momentum(tables: Tables) -> None:
    found = momentum(tables)
    assert "must not be chosen" in found.json["warning"]
    assert [one["contest"] for one in found.json["contests"]] == ["data", "research"]
    assert len(found.json["contests"][0]["cells"]) == 50
    text = printed(*found.tables())
    assert "n = 5" in text
    assert "40 needed" in text
    json.dumps(found.json, allow_nan=False)


def test_the_grid_keeps_to_the_calibration(tables: Tables) -> None:
    summary = tables.summary.model_copy(update={"calibration_end": 19})
    found = momentum(dataclasses.replace(tables, summary=summary)).json
    assert found["warning"] is None
    assert found["contests"][0]["days"] == 20
