"""What is made of the tables of one run: contests, phases, waterfall, probabilities, judges, refusals, engines."""

from __future__ import annotations

import dataclasses
import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from contest.evaluate.fake_tables import AGENTS, FakeRun
from quantrl.contest.evaluate.books import Books
from quantrl.contest.evaluate.contests import contests
from quantrl.contest.evaluate.cutoff import cutoff_of
from quantrl.contest.evaluate.engines import engines
from quantrl.contest.evaluate.judging import judging
from quantrl.contest.evaluate.phases import phases
from quantrl.contest.evaluate.probabilities import probabilities
from quantrl.contest.evaluate.rank_ic import spearman
from quantrl.contest.evaluate.rejections import rejections
from quantrl.contest.evaluate.tables import Tables
from quantrl.contest.evaluate.turnover import target_turnover
from quantrl.contest.evaluate.waterfall import waterfall
from quantrl.errors import DataError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return FakeRun(n_days=40, seeds=4, kind="llm").write(tmp_path_factory.mktemp("run") / "run")


@pytest.fixture(scope="module")
def tables(folder: Path) -> Tables:
    return Tables.read(folder)


def with_summary(tables: Tables, **more: object) -> Tables:
    return dataclasses.replace(tables, summary=tables.summary.model_copy(update=more))


def test_books(tables: Tables) -> None:
    books = Books(tables)
    assert books.shared == ("book", "paper", "selection", "equal", "best_past", "buy_hold")
    assert list(books.agents) == list(AGENTS)
    assert books.gap("book", "paper").value == 0.0
    assert books.gap("paper").value == pytest.approx(
        books.accounts.measures("paper")["sharpe"]["value"]
        - books.accounts.measures("equal")["sharpe"]["value"]
    )
    assert books.claimed == []
    assert books.trials == 12
    place = books.random_place()
    assert place["seeds"] == 4
    assert place["below"] in (0.0, 0.25, 0.5, 0.75, 1.0)
    assert books.random_gap().value == pytest.approx(
        books.accounts.measures("book")["sharpe"]["value"] - books.random_measures()["sharpe"]["value"]
    )


def test_rank_ic_of_a_day_by_hand(tables: Tables) -> None:
    found = {one["contest"]: one for one in contests(tables)}["research"]
    rows = tables.predictions.filter(pl.col("contest") == "research")
    u = rows.filter(pl.col("day") == 7).sort("agent")["u"].to_numpy()
    ahead = (
        rows.filter(pl.col("day").is_between(7, 11))
        .group_by("agent")
        .agg(pl.col("score").mean())
        .sort("agent")
    )
    assert found["series"]["ic"][7] == pytest.approx(spearman(u, ahead["score"].to_numpy()))
    assert found["series"]["ic"][-4:] == [None] * 4
    assert found["rank_ic"][0]["dates"] == 36
    assert found["rank_ic"][0]["lag"] == 5


def test_chosen_against_all(tables: Tables) -> None:
    chosen = next(one for one in contests(tables) if one["contest"] == "data")["chosen"]
    rows = [part for part in tables.factors.partition_by("day") if part["chosen"].any()]
    lead = [part.filter("chosen")["implied"].mean() - part["implied"].mean() for part in rows]  # type: ignore[operator]
    assert chosen["lead_bps"] == pytest.approx(float(np.mean(lead)) * 1e4)
    assert chosen["days"] == len(rows)


def test_phases_are_those_of_every_choice_by_hand(tables: Tables) -> None:
    small = with_summary(
        tables, data_contest=tables.summary.data_contest.model_copy(update={"capacity": 8_000})
    )
    found = phases(small)
    assert [one["phase"] for one in found["phases"]] == [0, 1, 2]
    assert [one["own"] for one in found["phases"]] == [True, False, False]
    for one in found["phases"]:
        chosen: tuple[str, ...] = ()
        values = []
        for day in range(40):
            today = {
                row["agent"]: row for row in tables.factors.filter(pl.col("day") == day).iter_rows(named=True)
            }
            if day == 0 or day % 3 == one["phase"]:
                chosen = _best(today)
            kept = sorted(chosen, key=lambda name: today[name]["u"] / today[name]["tokens"], reverse=True)
            while sum(today[name]["tokens"] for name in kept) > 8_000:
                kept.pop()
            if kept:
                values.append(np.mean([today[name]["implied"] for name in kept]))
        assert one["implied_bps"] == pytest.approx(float(np.mean(values)) * 1e4)


def _best(today: dict[str, dict[str, float]]) -> tuple[str, ...]:
    useful = [name for name in today if today[name]["u"] > 0]
    sets = itertools.chain.from_iterable(itertools.combinations(useful, k) for k in range(len(useful) + 1))
    fit = [one for one in sets if sum(today[name]["tokens"] for name in one) <= 8_000]
    return max(fit, key=lambda one: sum(today[name]["u"] for name in one))


def test_phases_of_a_random_choice_draw_with_the_seed_of_the_run(tables: Tables) -> None:
    drawn = {"context": "random", "params": {"k": 1}}
    settings = tables.summary.settings.model_copy(update={"seed": 5})
    data = tables.summary.data_contest.model_copy(update=drawn)
    own = phases(with_summary(tables, settings=settings, data_contest=data))
    named = data.model_copy(update={"params": {"k": 1, "seed": 5}})
    assert own == phases(with_summary(tables, data_contest=named))
    assert own != phases(with_summary(tables, data_contest=data))


def test_phases_say_why_there_are_none(tables: Tables) -> None:
    for change, reason in (
        ({"engine": "selection"}, "engine 'selection'"),
        ({"context": "facility"}, "compares texts"),
    ):
        other = with_summary(tables, data_contest=tables.summary.data_contest.model_copy(update=change))
        assert reason in phases(other)["reason"]
    assert "no data contest" in phases(dataclasses.replace(tables, factors=tables.factors.clear()))["reason"]


def test_waterfall_adds_up(tables: Tables) -> None:
    found = waterfall(tables)
    steps = {step["name"]: step for step in found["steps"]}
    assert list(steps) == ["gross", "fees", "slippage", "inference", "net"]
    assert sum(step["change"] for name, step in steps.items() if name != "net") == pytest.approx(
        steps["net"]["change"]
    )
    assert steps["slippage"]["change"] == pytest.approx(-tables.column("book", "cost").sum() / 4)
    assert steps["inference"]["change"] == pytest.approx(-9 * 0.002 / (1e6 * (1 + tables.column("book")[0])))
    assert found["inference"]["usd"] == pytest.approx(0.018)


def test_waterfall_without_a_record_of_slippage(tables: Tables) -> None:
    bare = dataclasses.replace(tables, returns=tables.returns.drop("slippage"))
    steps = {step["name"]: step["change"] for step in waterfall(bare)["steps"]}
    assert steps["fees"] == pytest.approx(steps["slippage"])
    settings = tables.summary.settings.model_copy(update={"costs": {"bps": 5.0, "minimum": 5.0}})
    found = waterfall(with_summary(bare, settings=settings))
    assert [step["name"] for step in found["steps"]][1] == "fees and slippage"
    assert "not in proportion" in found["split"]


def test_a_price_that_is_unknown_is_not_zero(tables: Tables) -> None:
    calls = [{**tables.calls[0], "usd": None}, *tables.calls[1:]]
    assert waterfall(dataclasses.replace(tables, calls=calls))["inference"]["replies_without_price"] == 1


def test_probabilities_by_hand(tables: Tables) -> None:
    rows = tables.signals.head(7).with_columns(
        day=pl.Series([0, 1, 2, 3, 4, 5, 6]),
        action=pl.Series(["buy", "sell", "buy", "buy", "hold", "buy", "buy"]),
        probability=pl.Series([60, 70, 20, 90, 50, 50, 50]),
        realised=pl.Series([0.01, -0.01, -0.01, 0.01, 0.01, 0.01, float("nan")]),
        accepted=pl.Series([True, True, True, True, True, False, True]),
    )
    found = probabilities(dataclasses.replace(tables, signals=rows))
    assert found["rows"] == 4
    assert found["spans"][0]["brier"] == pytest.approx(0.175)
    assert sum(found["reliability"]["count"]) == 4
    assert found["platt"] == {"used": False, "reason": "4 matured rows, 300 needed"}


def test_split_at_the_cutoff(tables: Tables) -> None:
    assert cutoff_of(tables).words == "cutoff unknown"
    known = with_summary(tables, model_cutoff={"some-model-1": "2030-01-10"})
    found = probabilities(known)
    assert [part["span"] for part in found["spans"]] == ["all days", "up to 2030-01-10", "after 2030-01-10"]
    whole, before, after = (part["rows"] for part in found["spans"])
    assert whole == before + after
    assert before == found_before(known)
    assert [part["dates"] for part in contests(known)[1]["rank_ic"]] == [36, 10, 26]
    with pytest.raises(DataError, match="model_cutoff"):
        cutoff_of(with_summary(tables, model_cutoff={"some-model-1": "spring"}))
    rules = with_summary(tables, kinds=dict.fromkeys(tables.summary.kinds, "rules"))
    assert cutoff_of(rules).words == "no model was asked"


def found_before(tables: Tables) -> int:
    rows = tables.signals.filter(pl.col("accepted") & (pl.col("action") != "hold") & (pl.col("day") < 10))
    return rows.height


def test_judges(tables: Tables) -> None:
    found = judging(tables)
    assert found is not None
    assert found["cards"] == 160
    assert 0.5 < found["alpha"]["value"] < 1
    assert found["alpha"]["low"] < found["alpha"]["value"] < found["alpha"]["high"]
    assert [one["rubric"] for one in found["by_rubric"]] == [
        "logic",
        "evidence",
        "risk",
        "data_use",
        "opportunity",
    ]
    assert found["rank_ic"]["dates"] == 36
    # Position is each judge's own, length that of the mean: the same cards here, with other noise.
    assert found["length"]["mean"] == pytest.approx(found["position"]["mean"], abs=0.05)
    assert judging(dataclasses.replace(tables, judgements=tables.judgements.clear())) is None


def test_refusals(tables: Tables) -> None:
    found = rejections(tables)
    assert found["accepted"] + found["rejected"] == found["signals"] == 240
    assert found["reasons"] == [
        {"reason": "no evidence is grounded to the symbol", "count": found["rejected"]}
    ]
    assert found["abstentions"][0] == {"reason": "budget", "count": 2}
    for one in found["by_agent"]:
        assert one["signals"] == one["buy"] + one["sell"] + one["hold"] + one["rejected"]


def test_engines_earn_what_their_books_do(tables: Tables) -> None:
    for one in engines(tables):
        assert one["earned"] == pytest.approx(tables.column(one["engine"]).sum(), abs=1e-12)
        assert sum(agent["earned"] for agent in one["agents"]) == pytest.approx(one["earned"])
    equal = next(one for one in engines(tables) if one["engine"] == "equal")
    assert (equal["funded"], equal["moved"]) == (5.0, 0.0)


def test_a_factor_to_one_volatility_counts(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    file = copy / "capital.parquet"
    pl.read_parquet(file).with_columns(scale=pl.lit(0.5)).write_parquet(file)
    tables = Tables.read(copy)
    assert engines(tables)[0]["earned"] == pytest.approx(tables.column("paper").sum() / 2)
    assert target_turnover(tables, "paper") == pytest.approx(
        target_turnover(Tables.read(folder), "paper") / 2
    )


def test_turnover_by_hand(tables: Tables) -> None:
    _, shares = tables.shares("paper")
    moved = np.abs(np.diff(shares.sum(axis=1)))
    assert target_turnover(tables, "paper") == pytest.approx(moved.mean() * 252)
    assert np.isnan(target_turnover(dataclasses.replace(tables, weights=tables.weights.clear()), "paper"))


def test_numbers_are_json(tables: Tables) -> None:
    made = [
        contests(tables),
        phases(tables),
        waterfall(tables),
        probabilities(tables),
        judging(tables),
        engines(tables),
    ]
    json.dumps(made, allow_nan=False)
