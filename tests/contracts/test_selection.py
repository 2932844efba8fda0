"""What every step of the selection layer must do: a new member is tested here before it has a test of its own."""

from __future__ import annotations

import inspect
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import quantrl.selection
from quantrl.errors import LookAheadError
from quantrl.registry import members
from quantrl.selection import Ledger, LedgerView, ScoreFrame
from quantrl.selection._members import FAMILIES, build, describe, member
from quantrl.selection.clusters import Clusters
from quantrl.selection.gate import REASONS, report
from quantrl.selection.learning import Learner, News
from quantrl.selection.lifecycle import Lifecycle
from quantrl.selection.rank import Ranking
from quantrl.selection.rank.identity import Identity
from quantrl.selection.select import Selection
from quantrl.selection.select.top_k import TopK
from selection.frames import frame

DAYS, AGENTS = 160, 12
EVERY = [(family, name) for family in FAMILIES for name in members(f"quantrl.selection.{family}")]
LISTENING = [
    (family, name)
    for family, name in EVERY
    if family in ("rank", "gate", "select", "allocate") and hasattr(member(family, name), "learn")
]
UNATTAINABLE = ("baselines", "best_in_hindsight")
"""Refuses every view; its own test says so."""
STATEFUL = [pair for pair in EVERY if pair[0] in ("score", "baselines") and pair != UNATTAINABLE]
MOST_LINES = 200


def ledger(agents: int = AGENTS, days: int = DAYS) -> Ledger:
    """Rows in which a third of the agents act one day in five."""
    made, rng = Ledger([f"a{i}" for i in range(agents)], overlap=1), np.random.default_rng(12)
    for day in range(days):
        acted = (np.arange(agents) % 3 > 0) | (rng.random(agents) < 0.2)
        gross = np.where(acted, rng.standard_normal(agents) * 0.01, 0.0)
        made.append(
            {
                "agent": np.arange(agents),
                "decided": day,
                "effective": day,
                "matured": day + 1,
                "gross": gross,
                "acted": acted,
            }
        )
    return made


def told(step: Any, view: LedgerView, agents: int = AGENTS) -> bytes:
    """What a scorer or baseline says, in bytes."""
    if hasattr(step, "update"):
        step.update(view)
        frame = step.scores()
        return b"".join(
            np.asarray(getattr(frame, c)).tobytes() for c in ("mean", "sd", "psr_abs", "scale", "ready")
        )
    shares: np.ndarray = step.step(view, agents)
    assert (shares >= 0).all()
    assert shares.sum() <= 1 + 1e-12
    return shares.tobytes()


@pytest.mark.parametrize(("family", "name"), EVERY)
def test_one_final_documented_class_per_file(family: str, name: str) -> None:
    cls = member(family, name)
    assert getattr(cls, "__final__", False)
    module = inspect.getmodule(cls)
    assert module is not None
    assert module.__doc__
    assert cls.__doc__
    for method, function in inspect.getmembers(cls, inspect.isfunction):
        assert method.startswith("_") or function.__doc__, method
    file = Path(inspect.getfile(cls))
    assert len(file.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
    assert file.parent.parent == Path(quantrl.selection.__file__).parent


@pytest.mark.parametrize(("family", "name"), EVERY)
def test_settings_build_it_again(family: str, name: str) -> None:
    step = build(family, {"name": name})
    settings = json.loads(json.dumps(describe(step)))
    assert settings["name"] == name
    assert describe(build(family, settings)) == settings


@pytest.mark.parametrize(("family", "name"), STATEFUL)
def test_twice_the_same_and_resumed_the_same(family: str, name: str) -> None:
    made = ledger()
    one, two, resumed = (build(family, {"name": name}) for _ in range(3))
    for t in (1, 40, 63, 64, 100, DAYS):
        view = made.as_of(t)
        said = told(one, view)
        assert told(two, view) == said
        assert told(resumed, view) == said
        state = json.loads(json.dumps(resumed.state_dict(), allow_nan=False))
        resumed = build(family, {"name": name})
        resumed.load_state_dict(state)


@pytest.mark.parametrize(("family", "name"), STATEFUL)
@pytest.mark.parametrize("agents", [0, 1])
def test_an_empty_and_a_lonely_ledger(family: str, name: str, agents: int) -> None:
    step = build(family, {"name": name})
    if agents or family == "score":
        told(step, ledger(agents).as_of(100) if agents else Ledger().as_of(5), agents)


@pytest.mark.parametrize(("family", "name"), STATEFUL)
def test_poison_after_t(family: str, name: str) -> None:
    clean, rows = ledger(), ledger().frame()
    for t in (30, 90, 130):
        later = rows["matured"].to_numpy() > t
        columns = {c: rows[c].to_numpy() for c in rows.columns}
        huge = {**columns, "gross": np.where(later & (columns["acted"] == 1), 9.0, columns["gross"])}
        gone = {c: values[~later] for c, values in columns.items()}
        said = told(build(family, {"name": name}), clean.as_of(t))
        for spoilt in (huge, gone):
            made = Ledger(clean.agents, overlap=1)
            made.append(spoilt)
            assert told(build(family, {"name": name}), made.as_of(t)) == said


@pytest.mark.parametrize(("family", "name"), STATEFUL)
def test_a_correction_of_what_was_counted_is_not_counted_again(family: str, name: str) -> None:
    """Decisions rested on the row as it was; one that comes with its correction is seen as corrected."""
    plain, corrected = ledger(), ledger()
    past = np.arange(60, 100)
    times = {"decided": past, "effective": past, "matured": past + 1, "recorded": 120}
    corrected.append({"agent": ["a1"] * 40, **times, "gross": 0.02})
    one, two = (build(family, {"name": name}) for _ in range(2))
    for t in (90, 110, 121, 130, DAYS):
        assert told(two, corrected.as_of(t)) == told(one, plain.as_of(t))
    late, early = ledger(days=100), ledger(days=100)
    late.append(
        {"agent": ["a1"], "decided": 99, "effective": 99, "matured": 100, "recorded": 101, "gross": 0.4}
    )
    rows = {c: early.frame()[c].to_numpy().copy() for c in early.frame().columns}
    last = (rows["agent"] == "a1") & (rows["decided"] == 99)
    rows["gross"][last], rows["acted"][last] = 0.4, 1
    early = Ledger(late.agents, overlap=1)
    early.append(rows)
    assert told(build(family, {"name": name}), late.as_of(105)) == told(
        build(family, {"name": name}), early.as_of(105)
    )


@pytest.mark.parametrize("name", members("quantrl.selection.score"))
def test_a_scorer_takes_nothing_but_views(name: str) -> None:
    made = ledger()
    for wrong in (made, made.frame(), made.as_of(9).rows, None):
        with pytest.raises(LookAheadError):
            build("score", {"name": name}).update(wrong)


@cache
def told_news(days: int = DAYS) -> News:
    """What a pipeline that was never asked before tells its steps."""
    view, scorer = ledger().as_of(days), build("score", {"name": "normal_score_eb"})
    everyone = np.arange(AGENTS)
    return News(
        rounds=scorer.update(view).rounds,
        family=("rule", "rl", "llm") * (AGENTS // 3),
        exposure=np.linspace(0.0, 1.2, AGENTS),
        clusters=everyone,
        held=everyone < 2,
        sigma=0.1 / 252**0.5,
    )


@cache
def informed(family: str, name: str) -> Any:
    """A step that was told the news, if it listens."""
    step = build(family, {"name": name})
    if isinstance(step, Learner):
        step.learn(told_news())
    return step


@cache
def scored() -> ScoreFrame:
    scorer = build("score", {"name": "normal_score_eb"})
    scorer.update(ledger().as_of(DAYS))
    frame: ScoreFrame = scorer.scores()
    return frame


@cache
def ranking_of(rank: str) -> Ranking:
    ranking: Ranking = build("rank", {"name": rank}).rank([scored()], np.zeros(AGENTS, dtype=bool))
    return ranking


@pytest.mark.parametrize(("family", "name"), LISTENING)
def test_what_was_learned_outlives_a_restart(family: str, name: str) -> None:
    whole = replace(told_news(), rounds=told_news().rounds[:90])
    later = [replace(whole, rounds=(one,)) for one in told_news().rounds[90:]]
    one, two = (build(family, {"name": name}) for _ in range(2))
    for news in (whole, *later):
        one.learn(news)
        two.learn(news)
        state = json.loads(json.dumps(two.state_dict(), allow_nan=False))
        two = build(family, {"name": name})
        two.load_state_dict(state)
    one.learn(replace(whole, rounds=()))
    two.learn(replace(whole, rounds=()))
    masks = [np.zeros(AGENTS, dtype=bool)] * len(REASONS)
    if family == "gate":
        states, everyone = Lifecycle(), np.arange(AGENTS)
        states.grow(AGENTS)
        ranking = ranking_of("identity")
        said = [s.check(scored(), ranking, states, everyone, []).bits.tolist() for s in (one, two)]
    elif family == "select":
        said = [s.select(ranking_of("identity"), report(masks), AGENTS) for s in (one, two)]
    else:
        said = [s.allocate(Selection((0, 4, 7, 11), 4), scored()).tolist() for s in (one, two)]
    assert said[0] == said[1]
    assert one.state_dict() == two.state_dict()


@pytest.mark.parametrize(("family", "name"), [pair for pair in EVERY if pair[0] in ("select", "allocate")])
def test_nobody_to_choose_from(family: str, name: str) -> None:
    nobody = np.zeros(0, dtype=np.int64)
    news = News((), (), np.zeros(0), nobody, nobody.astype(bool), 0.006)
    step = build(family, {"name": name})
    if isinstance(step, Learner):
        step.learn(news)
    if family == "select":
        empty = build("rank", {"name": "identity"}).rank([frame([])], news.held)
        assert step.select(empty, report([news.held] * len(REASONS)), 0).agents == ()
    else:
        assert len(step.allocate(Selection((), 0), frame([]))) == 0


@pytest.mark.parametrize("rank", members("quantrl.selection.rank"))
@pytest.mark.parametrize("gate", members("quantrl.selection.gate"))
@pytest.mark.parametrize("select", members("quantrl.selection.select"))
@pytest.mark.parametrize("allocate", members("quantrl.selection.allocate"))
def test_steps_join_and_keep_their_limits(rank: str, gate: str, select: str, allocate: str) -> None:
    scores = scored()
    states, clusters = Lifecycle(), Clusters()
    states.grow(AGENTS)
    clusters.grow(AGENTS)
    ranking = ranking_of(rank)
    assert sorted(ranking.pos.tolist()) == list(range(1, AGENTS + 1))
    verdict = build("gate", {"name": gate}).check(scores, ranking, states, clusters.labels, [2])
    assert not verdict.ok[2]
    chosen = informed("select", select).select(ranking, verdict, scores.n_ready)
    assert len(chosen.agents) <= chosen.k <= informed("select", select).slots(scores.n_ready)
    assert all(verdict.ok[agent] for agent in chosen.agents)
    shares = informed("allocate", allocate).allocate(chosen, scores)
    assert (shares >= 0).all()
    assert shares.sum() <= 1 + 1e-12
    assert set(np.flatnonzero(shares).tolist()) <= set(chosen.agents)


def test_the_defaults_are_what_the_families_hold() -> None:
    assert {name for family, name in EVERY if family == "rank"} >= {"identity"}
    assert describe(Identity())["name"] == "identity"
    assert describe(TopK())["name"] == "top_k"
