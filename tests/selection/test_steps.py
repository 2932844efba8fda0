"""Every aggregator, selector and allocator inside a whole pipeline: a contest whose audit derives again, and restarts."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quantrl import toml
from quantrl.config import SelectionConfig, parse_config
from quantrl.errors import ConfigError
from quantrl.registry import members
from quantrl.selection import ContestResult, Ledger, Pipeline, check, explain
from quantrl.selection._canonical import encode
from quantrl.selection._line import derived
from quantrl.selection.entrant import entrants
from selection.toy import agents, contest, market, quick

BARS = 90
VOTERS = ["normal_score_eb", {"name": "normal_score_eb", "half_life": 63.0}]
QUOTAS = {"name": "multi_winner", "rule": "pav", "quotas": {"rule": 1, "*": 2}}
STEPS: dict[str, dict[str, Any]] = {
    "borda": {
        "rank": {"name": "borda", "weights": [1.0, 1.0, 2.5]},
        "voters": VOTERS,
        "select": QUOTAS,
        "allocate": {"name": "hedge", "start": 20},
    },
    "median_rank": {
        "rank": "median_rank",
        "voters": ["ew_sharpe_eb", "elo_mmr"],
        "select": "top_p",
        "allocate": "posterior_kelly",
    },
    "kemeny": {
        "rank": "kemeny",
        "voters": VOTERS,
        "select": {"name": "mcs_set", "reps": 50},
        "allocate": {"name": "fixed_share", "start": 20},
    },
    "tsp_rank": {"rank": "tsp_rank", "voters": VOTERS[:1], "allocate": {"name": "hrp", "window": 30}},
    "identity": {"allocate": "uniform_phantom"},
}
DEFAULTS = {("rank", "identity"), ("select", "top_k"), ("allocate", "equal_vol")}


def test_every_member_is_here() -> None:
    families = ("rank", "select", "allocate")
    every = {(family, name) for family in families for name in members(f"quantrl.selection.{family}")}
    tables = [(f, steps[f]) for steps in STEPS.values() for f in families if f in steps]
    here = {(f, table if isinstance(table, str) else table["name"]) for f, table in tables}
    assert here | DEFAULTS == every


@cache
def entered(name: str) -> ContestResult:
    """A contest with two kinds of agents."""
    people = [
        replace(one, kind="rule" if i % 2 else "rl") for i, one in enumerate(entrants(agents(), seed=5))
    ]
    return contest(market(BARS), entrants=people, pipeline=quick(**STEPS[name]), baselines=False).run()


@pytest.mark.parametrize("name", STEPS)
def test_a_contest_funds_within_limits_and_its_audit_derives_again(name: str, tmp_path: Path) -> None:
    result = entered(name)
    assert (result.shares >= 0).all()
    assert (result.shares.sum(axis=1) <= 1 + 1e-12).all()
    assert result.shares[63:].any()
    result.write(tmp_path)
    result.seal(tmp_path)
    found = check(tmp_path)
    assert (found.ok, found.lines, found.detail) == (True, BARS, "")
    line = json.loads(result.trail.lines[-1])
    assert ("ballots" in line["ranking"]) == ("rank" in STEPS[name])
    if name == "borda":
        kinds = [result.entrants[agent].kind for agent in line["selected"]]
        assert kinds.count("rule") <= 1
        assert len(kinds) == line["slots"] == 2


@pytest.mark.parametrize("name", STEPS)
def test_restarts_change_no_byte(name: str) -> None:
    result = entered(name)
    stops = set(np.random.default_rng(3).choice(BARS, 8, replace=False).tolist())
    pipeline = Pipeline.from_settings(result.header["pipeline"])
    for bar, now in enumerate(result.time.tolist()):
        if bar in stops:
            state = json.loads(json.dumps(pipeline.state_dict(), allow_nan=False))
            pipeline = Pipeline.from_settings(json.loads(json.dumps(result.header["pipeline"])))
            pipeline.load_state_dict(state)
        view = result.ledger.as_of(now)
        said = json.loads(encode(derived(view, pipeline.step(view, now))))
        told = json.loads(result.trail.lines[bar])
        assert said == {key: told[key] for key in said}


PERMUTED: tuple[dict[str, Any], ...] = (
    {
        "rank": {"name": "borda", "weights": [1.0, 1.37]},
        "voters": VOTERS[1:],
        "select": QUOTAS,
        "allocate": "hedge",
    },
    {"rank": "kemeny", "select": {"name": "mcs_set", "reps": 50}, "allocate": "fixed_share"},
    {"rank": "median_rank", "allocate": "posterior_kelly"},
    {"select": {"name": "multi_winner", "quotas": {"*": 1}, "by": "cluster"}, "allocate": "uniform_phantom"},
)


@pytest.mark.parametrize("steps", PERMUTED, ids=lambda steps: "-".join(map(str, steps)))
def test_labels_permuted_permute_the_shares(steps: dict[str, Any]) -> None:
    rng = np.random.default_rng(8)
    net = rng.standard_normal((75, 12)) * 0.006 + np.linspace(-0.001, 0.004, 12)
    order, exposure = rng.permutation(12), rng.uniform(0.2, 1.0, (75, 12))
    shares = []
    for ids in (np.arange(12), order):
        made = Ledger([f"a{i}" for i in range(12)], overlap=1)
        pipeline = quick(**steps)
        kinds = np.array(["rule", "rl", "llm", "rl"] * 3)[ids]
        found = []
        for day in range(75):
            found.append(pipeline.step(made.as_of(day), day).weights)
            row = {"agent": np.arange(12), "decided": day, "effective": day, "matured": day + 1}
            made.append({**row, "gross": net[day, ids], "exposure": exposure[day, ids], "family": kinds})
        shares.append(np.array(found[1:]))
    np.testing.assert_allclose(shares[0][:, order], shares[1], atol=1e-9)
    assert shares[0][-1].any()


def test_what_joined_ballots_say_is_explained() -> None:
    result = entered("borda")
    last = result.last.ranking
    whole = explain(result)
    for one in whole.json["agents"]:
        agent = result.labels.index(one["agent"])
        assert one["key"] == (None if np.isnan(last.key[agent]) else float(last.key[agent]))
    best = result.labels[int(last.order[0])]
    text, found = explain(result, best).text, explain(result, best).json
    assert found["score"]["ballots"] == last.ballots().places[:, int(last.order[0])].tolist()
    assert found["score"]["bonus"] is None
    assert "of ballots that place it" in text


def test_a_damaged_state_of_a_step_loads_nothing() -> None:
    made = Ledger([f"a{i}" for i in range(4)], overlap=1)
    rng = np.random.default_rng(1)
    for day in range(80):
        made.append(
            {
                "agent": np.arange(4),
                "decided": day,
                "effective": day,
                "matured": day + 1,
                "gross": rng.standard_normal(4) * 0.01,
            }
        )
    config = SelectionConfig(allocate="fixed_share", rank="borda", voters=VOTERS)  # type: ignore[arg-type]
    pipeline = Pipeline.default(config)
    pipeline.step(made.as_of(70), 70)
    state = pipeline.state_dict()
    for damage in (
        {"learned": {}},
        {"voters": []},
        {"learned": {**state["learned"], "allocate": {"weights": "x"}}},
    ):
        with pytest.raises(ConfigError, match="damaged"):
            pipeline.load_state_dict({**state, **damage})
        assert pipeline.state_dict() == state


def test_a_raised_version_is_news() -> None:
    made, pipeline = (
        Ledger(["a", "b", "c"], overlap=1),
        Pipeline.default(SelectionConfig(allocate={"name": "hedge", "start": 0})),
    )
    rows: dict[str, Any] = {
        "agent": np.arange(3),
        "family": ["rule", "rl", "llm"],
        "exposure": [0.5, 1.0, 0.0],
    }
    for day in range(12):
        version = [0, int(day >= 10), 0]
        when = {"decided": day, "effective": day, "matured": day + 1}
        made.append({**rows, **when, "gross": [0.0, 0.02, 0.0], "version": version})
    weights = []
    for day in range(13):
        pipeline.step(made.as_of(day), day)
        weights.append(pipeline.allocator.weights)  # type: ignore[attr-defined]
    assert (np.diff([w[1] for w in weights[1:11]]) > 0).all()
    # The round of day 10 matures on day 11 under another version: a third of the leader's weight, times that round.
    leader = weights[10][[0, 2]].max()
    start = np.array([leader, leader / 3, leader])
    assert weights[11][1] < weights[10][1]
    np.testing.assert_allclose(weights[11][0] / weights[11][2], start[0] / start[2])
    assert pipeline._learners._roll.names(("rule", "rl", "llm")) == ("rule", "rl", "llm")
    assert pipeline._learners._roll.exposure.tolist() == [0.5, 1.0, 0.0]


@pytest.mark.parametrize("name", ["hedge", "fixed_share", "posterior_kelly", "hrp"])
def test_a_change_counts_from_its_round_however_seldom_one_decides(name: str) -> None:
    made, rng = Ledger(["a", "b", "c"], overlap=1), np.random.default_rng(3)
    for day in range(90):
        when = {"decided": day, "effective": day, "matured": day + 1, "version": [0, int(day >= 80), 0]}
        made.append({"agent": np.arange(3), **when, "gross": rng.standard_normal(3) * 0.01})
    daily, seldom = (Pipeline.default(SelectionConfig(allocate={"name": name})) for _ in range(2))
    for day in range(91):
        daily.step(made.as_of(day), day)
        if day in (1, 70, 90):
            seldom.step(made.as_of(day), day)
    assert seldom.allocator.state_dict() == daily.allocator.state_dict()  # type: ignore[attr-defined]


def test_a_limit_that_asks_nothing_is_written_read_and_explained(tmp_path: Path) -> None:
    steps = {"score": {"name": "normal_score_eb", "half_life": np.inf}}
    pipeline = Pipeline.default(SelectionConfig(drawdown_cut=np.inf, cusum_cut=6.5, **steps))  # type: ignore[arg-type]
    settings = json.loads(json.dumps(pipeline.settings(), allow_nan=False))
    again = Pipeline.from_settings(settings)
    assert again.settings() == settings
    assert again.scorer.settings()["half_life"] == again.gate.settings()["drawdown_cut"] == np.inf
    result = contest(market(BARS), pipeline=pipeline, baselines=False).run()
    result.write(tmp_path)
    assert check(tmp_path).ok
    found = explain(result, result.labels[0])
    assert found.json["gates"]["drawdown"]["cut"] is None
    assert ", no cut" in found.text
    assert ", cut at 6.5 " in found.text
    json.dumps(found.json, allow_nan=False)


def config(**selection: Any) -> SelectionConfig:
    raw = {
        "name": "c",
        "data": {"sample": "us5"},
        "agents": [{"id": "rules/momentum"}],
        "selection": selection,
    }
    return parse_config(raw).selection


def test_a_config_names_steps_and_its_numbers_reach_them() -> None:
    made = config(
        rank={"name": "borda", "weights": [2, 1]},
        voters=["normal_score_eb"],
        select={"name": "top_p", "p": 0.6},
        allocate="posterior_kelly",
        half_life=40.0,
        hysteresis=0.2,
        top_k=3,
    )
    settings = Pipeline.default(made, seed=9).settings()
    assert settings["rank"] == {"name": "borda", "weights": [2.0, 1.0], "hysteresis": 0.2, "seed": 9}
    assert settings["select"] == {"name": "top_p", "p": 0.6, "k": 3}
    assert settings["allocate"] == {
        "name": "posterior_kelly",
        "fraction": 0.25,
        "cap": 0.3,
        "half_life": 40.0,
    }
    assert settings["voters"] == [settings["score"]]
    again = Pipeline.from_settings(json.loads(json.dumps(settings)))
    assert again.settings() == settings
    own = config(allocate={"name": "posterior_kelly", "half_life": 7.0}, half_life=40.0)
    assert Pipeline.default(own).settings()["allocate"]["half_life"] == 7.0


@pytest.mark.parametrize("family", ["score", "rank", "gate", "select", "allocate"])
def test_every_member_can_be_named(family: str) -> None:
    for name in members(f"quantrl.selection.{family}"):
        settings = Pipeline.default(config(**{family: name}, top_k=3, half_life=40.0), seed=2).settings()
        assert settings[family]["name"] == name
        assert Pipeline.from_settings(json.loads(json.dumps(settings))).settings() == settings


def test_a_config_without_steps_is_written_as_before() -> None:
    plain = config(half_life=40.0).model_dump()
    assert {"score", "voters", "rank", "gate", "select", "allocate"}.isdisjoint(plain)
    named = config(allocate="hedge").model_dump()
    assert named["allocate"] == {"name": "hedge"}
    assert "rank" not in named
    assert config(**named) == config(allocate="hedge")
    made = config(rank={"name": "borda", "weights": [2, 1]}, voters=["normal_score_eb"], select=QUOTAS)
    written = toml.dump({"selection": made.model_dump(exclude_none=True)})
    assert config(**tomllib.loads(written)["selection"]) == made


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (
            {"rank": "bordo"},
            "unknown rank 'bordo'; choose one of: borda, identity, kemeny, median_rank, tsp_rank",
        ),
        (
            {"select": {"name": "top_p", "q": 0.5}},
            "selection.select: top_p has no parameter 'q'; it has: p, k",
        ),
        (
            {"select": {"name": "top_p", "p": 2.0}},
            "select top_p: p: expected a number above 0 and at most 1, got 2.0",
        ),
        ({"allocate": {"name": "hedge", "rate": "fast"}}, "allocate hedge: rate: expected a number"),
        ({"allocate": "equal"}, "unknown allocate 'equal'"),
        ({"allocate": {"name": "equal_vol", "k": 2}}, "equal_vol has no parameter 'k'; it has: none"),
        ({"voters": ["normal_score_eb"]}, "rank identity: expected one score frame, got 2"),
        ({"rank": {"name": "borda", "weights": [1, 2]}}, "a weight for each of 1 score frames, got 2"),
        ({"voters": ["x"], "rank": "borda"}, "unknown score 'x'"),
        ({"gate": "open"}, "unknown gate 'open'"),
    ],
)
def test_refuses_steps(selection: dict[str, Any], message: str) -> None:
    made = config(**selection)
    with pytest.raises(ConfigError) as raised:
        Pipeline.default(made)
    assert message in str(raised.value)


@pytest.mark.parametrize("step", [3, {"p": 0.5}, {"name": 4}, ["borda"]])
def test_refuses_what_is_no_step(step: Any) -> None:
    with pytest.raises(ConfigError, match=r"config: selection\.rank: "):
        config(rank=step)
