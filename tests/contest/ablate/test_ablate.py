"""What is left out, what that may cost, and the whole against its parts."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from rich.console import Console

from contest.evaluate.fake_tables import FakeRun
from quantrl.contest.ablate import NAMES, Variant, ablate, compare, estimate, variants
from quantrl.contest.config import ContestConfig
from quantrl.contest.contest_trade import ContestTrade
from quantrl.contest.evaluate.tables import Tables
from quantrl.contest.sources.planted import load_planted
from quantrl.errors import ConfigError, DataError

AGENTS = ["contest/researcher:catalyst", "contest/researcher:contrarian", "rules/equal_weight"]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    return Tables.read(
        FakeRun(n_days=60, seeds=20, kind="llm").write(tmp_path_factory.mktemp("base") / "run")
    )


def config(**more: object) -> ContestConfig:
    return ContestConfig(start="2030-02-01", end="2030-02-06", agents=AGENTS, **more)  # type: ignore[arg-type]


def named(name: str) -> Variant:
    return next(one for one in variants([name]) if one.name == name)


def test_each_leaves_out_what_it_says() -> None:
    base = config(contest={"context": {"capacity": 1_600}}).mechanism
    no_judge = named("no-judge").applied(config()).mechanism
    assert no_judge.judges is not None
    assert (no_judge.judges.count, no_judge.judges.use) == (0, "off")
    everything = named("no-data-contest").applied(config()).mechanism
    assert everything.context is not None
    assert (everything.context.name, everything.context.every) == ("all", 1)
    assert named("no-deep-research").applied(config()).mechanism.deep_research is False
    assert named("no-research-contest").engine == "equal"
    assert not named("no-research-contest").reruns
    none = named("none").applied(config()).mechanism
    assert none.judges == no_judge.judges
    assert none.context == everything.context
    assert none.deep_research is False
    random = variants(["random-data"])[7].applied(config(contest={"context": {"capacity": 1_600}})).mechanism
    assert random.context is not None
    assert base.context is not None
    assert (random.context.name, random.context.params) == ("random", {"seed": 7})
    assert random.context.capacity == base.context.capacity == 1_600


def test_the_rest_stays() -> None:
    whole = config(contest={"max_name": 0.1, "judges": {"mode": "listwise"}})
    changed = named("no-judge").applied(whole).mechanism
    assert changed.judges is not None
    assert changed.judges.mode == "listwise"
    assert changed.max_name == 0.1
    assert changed.model_copy(update={"judges": whole.mechanism.judges}) == whole.mechanism


def test_names_and_seeds() -> None:
    assert len(variants()) == 5 + 2 * 20
    assert len({one.label for one in variants()}) == 45
    for names, seeds, match in (
        (["no-luck"], 20, "expected some of no-judge"),
        (["none", "none"], 20, "each once"),
        (["random-data"], 19, "needs 20 or more"),
    ):
        with pytest.raises(ConfigError, match=match):
            variants(names, seeds=seeds)


def test_only_questions_that_change_cost(tables: Tables) -> None:
    found = estimate(
        tables.calls, variants(["no-judge", "no-deep-research", "random-data", "no-research-contest"])
    )
    assert found.by_variant["no-judge"] == (0, 0.0)
    assert found.by_variant["no-deep-research"] == (3, pytest.approx(0.006))
    assert found.by_variant["random-data"] == (9 * 20, pytest.approx(0.018 * 20))
    assert found.by_variant["no-research-contest"] == (0, 0.0)
    assert not found.free
    unknown = [{**line, "usd": None} for line in tables.calls]
    assert estimate(unknown, variants(["none"])).usd is None
    rules = [{**line, "kind": "rules"} for line in tables.calls]
    assert estimate(rules, variants()).free


def test_the_whole_against_its_parts(tables: Tables) -> None:
    runs = dict.fromkeys([*variants(["no-research-contest", "random-research"]), Variant("the same")], tables)
    found = compare(tables, runs)
    equal, random, same = found.outcomes
    assert same.lead.value == 0.0
    assert same.words == "not distinguishable from the whole over 60 days"
    assert equal.seeds == 1
    assert equal.lead.value == pytest.approx(found.whole["sharpe"] - equal.measures["sharpe"])
    assert random.seeds == 20
    seeds = [tables.column(f"random:{seed}") for seed in range(20)]
    ratios = [x.mean() / x.std(ddof=1) * np.sqrt(252) for x in seeds]
    assert random.measures["sharpe"] == pytest.approx(np.mean(ratios))
    assert (random.low, random.high) == pytest.approx((min(ratios), max(ratios)))
    assert random.lead.low < random.lead.value < random.lead.high
    json.dumps(found.json(), allow_nan=False)
    out = io.StringIO()
    Console(file=out, width=200).print(found.table())
    assert "random-research" in out.getvalue()


def test_other_days_cannot_be_paired(tables: Tables) -> None:
    fewer = dataclasses.replace(tables, returns=tables.returns.filter(pl.col("day") > 0))
    with pytest.raises(DataError, match="no-judge: expected the 60 days"):
        compare(tables, {named("no-judge"): fewer})
    without = dataclasses.replace(tables, returns=tables.returns.filter(pl.col("engine") != "equal"))
    with pytest.raises(DataError, match="expected an engine 'equal'"):
        compare(tables, {named("no-research-contest"): without})


def test_a_contest_is_taken_apart(tmp_path: Path) -> None:
    panel, docs = load_planted(seed=0, n_days=30)
    run = ContestTrade(config(), root=tmp_path).run(panel, docs)
    told: list[str] = []
    names = ["no-judge", "no-research-contest", "random-research"]
    found = ablate(run, names, progress=lambda done, of, label: told.append(label))
    assert told == ["no-judge"]
    assert [one.name for one in found.outcomes] == names
    assert Tables.read(run.folder / "ablate" / "no-judge").judgements["score"].is_nan().all()
    assert set(names) < set(NAMES)
