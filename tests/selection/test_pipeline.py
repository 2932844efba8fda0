"""Five steps joined: what they decide, what they refuse, and that they can be stopped and resumed anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from quantrl.config import SelectionConfig
from quantrl.errors import ConfigError, LookAheadError
from quantrl.selection import Ledger, Pipeline, PipelineStep
from quantrl.selection._canonical import encode
from quantrl.selection._line import derived
from quantrl.selection.ledger import LedgerView
from quantrl.selection.lifecycle import CUT, PROBATION, ROOKIE, STATES
from reference.core_scorer import CoreScorer
from reference.lab import T, draw_pool, run_protocol

DAYS, AGENTS = 260, 12


def returns(seed: int = 6) -> np.ndarray:
    """(DAYS, AGENTS): some skill, one copy, one that falls off a cliff at day 150, one that stays calm."""
    rng = np.random.default_rng(seed)
    net = rng.standard_normal((DAYS, AGENTS)) * 0.006 + np.linspace(-0.0004, 0.0012, AGENTS)
    net[:, 10] = net[:, 11] + rng.standard_normal(DAYS) * 1e-4
    net[:150, 9] += 0.004
    net[150:, 9] -= 0.02
    net[:, 0] *= 1e-3
    return net


def ledger(net: np.ndarray, **columns: Any) -> Ledger:
    """One row per agent and day, known a day after it is decided."""
    made = Ledger([f"a{i}" for i in range(net.shape[1])], overlap=1)
    for day, row in enumerate(net):
        own = {name: values[day] for name, values in columns.items()}
        made.append(
            {
                "agent": np.arange(len(row)),
                "decided": day,
                "effective": day,
                "matured": day + 1,
                "gross": row,
                **own,
            }
        )
    return made


def text(view: LedgerView, step: PipelineStep) -> str:
    return encode(derived(view, step))


def steps(
    made: Ledger, pipeline: Pipeline | None = None, days: int = DAYS
) -> Iterator[tuple[LedgerView, PipelineStep]]:
    pipeline = pipeline or Pipeline.default()
    for day in range(days):
        view = made.as_of(day)
        yield view, pipeline.step(view, day)


def test_cash_until_somebody_is_ready_then_at_most_all() -> None:
    found = [step for _, step in steps(ledger(returns()))]
    for day, step in enumerate(found):
        assert (step.weights >= 0).all()
        assert step.weights.sum() <= 1 + 1e-12
        assert bool(step.selected) == (day >= 63)
        if day < 63:
            assert step.warnings == ("no agent is ready: all cash",)
    assert found[63].selection.k == 2
    assert found[63].weights[list(found[63].selected)].tolist() == [0.125, 0.125]
    assert max(step.weights.sum() for step in found) == 1.0


def test_states_follow_capital_and_every_change_is_told() -> None:
    before = np.zeros(0, dtype=np.int64)
    for _, step in steps(ledger(returns())):
        funded = (step.states >= ROOKIE) & (step.states <= PROBATION)
        assert (np.flatnonzero(funded) == sorted(step.selected)).all()
        assert (step.weights[~funded] == 0).all()
        told = {move.agent for move in step.transitions}
        grown = np.append(before, np.zeros(len(step.states) - len(before), dtype=np.int64))
        assert set(np.flatnonzero(step.states != grown)) <= told
        before = step.states


def test_a_cliff_is_cut_banned_for_63_decisions_and_released() -> None:
    moves = [
        (day, m)
        for day, (_, step) in enumerate(steps(ledger(returns())))
        for m in step.transitions
        if m.agent == 9
    ]
    cut = [(day, m.why) for day, m in moves if m.after == "cut"]
    out = [day for day, m in moves if m.before == "cut"]
    assert cut
    assert cut[0][1] == "cusum"
    assert 150 < cut[0][0] < 165
    assert out[0] == cut[0][0] + 63


def test_capital_grows_by_steps_and_what_is_cut_was_on_probation() -> None:
    found = [step for _, step in steps(ledger(returns()))]
    parts = np.array([np.append(step.weights, np.zeros(AGENTS - len(step.weights))) * 2 for step in found])
    assert set(np.unique(parts)) == {0.0, 0.25, 0.5, 0.75, 1.0}
    rises = np.diff(parts, axis=0)
    assert rises.max() == 0.25
    for agent in range(AGENTS):
        days = np.flatnonzero(rises[:, agent] > 0)
        assert (np.diff(days) >= 5).all() or parts[days[1:], agent].min() == 0
    seen = {STATES[state] for step in found for state in step.states.tolist()}
    assert seen == set(STATES)
    moves = [move for step in found for move in step.transitions]
    assert {move.before for move in moves if move.after == "cut"} == {"probation"}


def test_an_agent_known_from_a_late_row_alone_waits_for_its_first_round() -> None:
    """A round that was scored is not opened again; everybody else is decided on as without the row."""
    one, two = ledger(returns()), Ledger([f"a{i}" for i in range(AGENTS)], overlap=1)
    two.append({name: values.to_numpy() for name, values in one.frame().to_dict().items()})
    late = {"decided": 60, "effective": 60, "matured": 61, "recorded": 80, "gross": 0.1}
    two.append({"agent": ["new"], **late})
    plain, told = Pipeline.default(), Pipeline.default()
    for day in (70, 79, 80, 90):
        expected, found = plain.step(one.as_of(day), day), told.step(two.as_of(day), day)
        assert found.weights.tobytes() == expected.weights.tobytes()
        assert ("late row of new" in "".join(found.warnings)) == (day == 80)
    two.append(
        {"agent": ["new"], "decided": 90, "effective": 90, "matured": 91, "recorded": 91, "gross": 0.1}
    )
    assert len(told.step(two.as_of(91), 91).weights) == AGENTS + 1


def test_one_of_two_copies_is_funded() -> None:
    seen = 0
    for day, (_, step) in enumerate(steps(ledger(returns()))):
        if day >= 66:
            assert step.clusters[10] == step.clusters[11] == 10
            assert not {10, 11} <= set(step.selected)
            seen += step.gates.reasons(10) == ("copy",) or step.gates.reasons(11) == ("copy",)
    assert seen > 150


def test_a_changed_agent_is_a_copy_by_what_it_did_since() -> None:
    """From day 100 on agent 10 is another one, which copies 11; before, it had nothing in common with it."""
    net = returns()
    net[:100, 10] = returns(9)[:100, 3]
    version = np.zeros((DAYS, AGENTS), dtype=np.int64)
    version[100:, 10] = 1
    found = [step for _, step in steps(ledger(net, version=version))]
    assert "young" in found[163 - 1].gates.reasons(10)
    for step in found[166:]:
        assert step.clusters[10] == step.clusters[11] == 10
        assert not {10, 11} <= set(step.selected)


def test_a_calm_agent_is_flagged_and_scaled_as_if_two_percent() -> None:
    *_, (_, step) = steps(ledger(returns()))
    assert (0, "vol_floor") in step.scores.flags
    assert step.scales[0] == pytest.approx(5.0)


def test_faults_close_the_gate_and_cut_a_funded_agent() -> None:
    made, pipeline = ledger(returns()), Pipeline.default()
    *_, (_, last) = steps(made, pipeline, 100)
    agent = last.selected[0]
    step = pipeline.step(made.as_of(100), 100, faulty=[agent])
    assert "faulty" in step.gates.reasons(agent)
    assert [(m.before, m.after, m.why) for m in step.transitions if m.agent == agent] == [
        ("active", "cut", "faulty")
    ]
    assert pipeline.step(made.as_of(101), 101).gates.reasons(agent) == ("banned",)


def test_ruin_is_for_good() -> None:
    net = returns()
    net[100, 11] = -1.0
    life = [step.states[11] for day, (_, step) in enumerate(steps(ledger(net))) if day > 101]
    assert set(life) == {CUT}


def test_restart_at_20_random_days_changes_no_byte() -> None:
    made, stops = ledger(returns()), set(np.random.default_rng(1).choice(DAYS, 20, replace=False).tolist())
    unbroken = [text(view, step) for view, step in steps(made)]
    pipeline = Pipeline.default()
    for day in range(DAYS):
        if day in stops:
            state = json.loads(json.dumps(pipeline.state_dict(), allow_nan=False))
            pipeline = Pipeline.default()
            pipeline.load_state_dict(state)
        view = made.as_of(day)
        assert text(view, pipeline.step(view, day)) == unbroken[day]


@pytest.mark.parametrize("how", ["deleted", "huge", "late"])
def test_rows_after_t_do_not_matter(how: str) -> None:
    net = returns()
    clean = [text(view, step) for view, step in steps(ledger(net))]
    for t in (70, 120, 200):
        if how == "deleted":
            made = ledger(net[:t])
        elif how == "huge":
            made = ledger(np.where(np.arange(DAYS)[:, None] >= t, 9.0, net))
        else:
            made = ledger(net, recorded=np.where(np.arange(DAYS) >= t, 10**6, 1 + np.arange(DAYS)))
        assert [text(view, step) for view, step in steps(made, days=t + 1)] == clean[: t + 1]


def test_labels_permuted_permute_the_weights() -> None:
    net = returns()
    net[:, 10] = returns(9)[:, 3]
    order = np.random.default_rng(2).permutation(AGENTS)
    for (_, one), (_, two) in zip(steps(ledger(net)), steps(ledger(net[:, order])), strict=True):
        if len(one.weights):
            assert one.weights[order].tolist() == two.weights.tolist()


def test_a_copy_never_raises_the_capital_of_its_cluster() -> None:
    net = returns()
    net[:, 10] = returns(9)[:, 3]
    doubled = np.hstack([net, net[:, 11:]])
    for day, ((_, one), (_, two)) in enumerate(zip(steps(ledger(net)), steps(ledger(doubled)), strict=True)):
        if day > 70:
            assert two.weights[[11, 12]].max() <= 1 / two.selection.k
            assert np.count_nonzero(two.weights[[11, 12]]) <= max(1, np.count_nonzero(one.weights[11]))


def test_refuses_what_it_may_not_know() -> None:
    made, pipeline = ledger(returns()), Pipeline.default()
    pipeline.step(made.as_of(80), 80)
    state = pipeline.state_dict()
    cases: list[tuple[Any, int, str]] = [
        (made, 90, "expected a LedgerView"),
        (made.as_of(91), 90, "later than the decision"),
        (made.as_of(79), 90, "time went back"),
        (made.as_of(80), 79, "later than the decision"),
    ]
    for view, now, message in cases:
        with pytest.raises(LookAheadError, match=message):
            pipeline.step(view, now)
        assert pipeline.state_dict() == state


def test_a_damaged_state_loads_nothing() -> None:
    made, pipeline = ledger(returns()), Pipeline.default()
    pipeline.step(made.as_of(80), 80)
    state = pipeline.state_dict()
    for damage in ({"version": 99}, {"scorer": {}}, {"path": {"cusum": "x"}}, {"decisions": "x"}):
        with pytest.raises(ConfigError):
            pipeline.load_state_dict({**state, **damage})
        assert pipeline.state_dict() == state


@pytest.mark.parametrize(
    ("part", "column", "wrong"),
    [
        ("states", "until", [2**70] * AGENTS),
        ("states", "state", [7] * AGENTS),
        ("states", "level", [5.0] * AGENTS),
        ("states", "level", [float("nan")] * AGENTS),
        ("states", "stepped", [0]),
        ("states", None, {"state": [], "until": [], "level": [], "stepped": []}),
        ("path", "level", [1.0]),
        ("path", "peak", [0.0] * AGENTS),
        ("path", "cusum", [-1.0] * AGENTS),
        ("path", None, {"cusum": [], "level": [], "peak": []}),
        ("clusters", "labels", [99] * AGENTS),
        ("clusters", "age", [1]),
        ("clusters", "x", None),
        ("now", None, 2**70),
    ],
)
def test_a_state_that_cannot_be_loads_nothing(part: str, column: str | None, wrong: Any) -> None:
    made, pipeline = ledger(returns()), Pipeline.default()
    pipeline.step(made.as_of(80), 80)
    state = pipeline.state_dict()
    damaged = {**state, part: wrong if column is None else {**state[part], column: wrong}}
    with pytest.raises(ConfigError, match="pipeline state: damaged"):
        pipeline.load_state_dict(damaged)
    assert pipeline.state_dict() == state


@pytest.mark.parametrize(
    "other", [{"half_life": 40.0}, {"cusum_cut": 9.0}, {"ban": 9}, {"allocate": "hedge"}]
)
def test_the_state_of_another_configuration_is_refused(other: dict[str, Any]) -> None:
    made, pipeline = ledger(returns()), Pipeline.default()
    pipeline.step(made.as_of(80), 80)
    changed = Pipeline.default(SelectionConfig(**other))
    fresh = changed.state_dict()
    with pytest.raises(ConfigError, match="another configuration"):
        changed.load_state_dict(json.loads(json.dumps(pipeline.state_dict())))
    assert changed.state_dict() == fresh


def test_settings_build_the_same_pipeline() -> None:
    config = SelectionConfig(half_life=40.0, hysteresis=0.2, top_k=3, psr_enter=0.6, ban=9, target_vol=0.2)
    pipeline = Pipeline.default(config, seed=7)
    again = Pipeline.from_settings(json.loads(json.dumps(pipeline.settings())))
    assert again.settings() == pipeline.settings()
    assert pipeline.settings()["select"] == {"name": "top_k", "k": 3}
    with pytest.raises(ConfigError, match="unknown gate"):
        Pipeline.from_settings({**pipeline.settings(), "gate": {"name": "none"}})
    with pytest.raises(ConfigError):
        Pipeline.from_settings({**pipeline.settings(), "gate": {"name": "standard", "psr": 1}})


def test_the_ledger_path_is_the_array_path_of_the_lab() -> None:
    pool = draw_pool("P6", seeds=1, seed=11)
    expected = run_protocol(pool, CoreScorer(1))
    off = {"drawdown_cut": 1e9, "vesting": 1.0, "probation": 1.0}
    plain = SelectionConfig(psr_enter=0.0, psr_stay=0.0, cusum_cut=1e9, copy_correlation=1.0, top_k=5, **off)
    made = ledger(pool.returns[0], acted=pool.acted[0])
    daily, before = np.zeros(T), np.full(pool.returns.shape[2], 1 / pool.returns.shape[2])
    for day, (_, step) in enumerate(steps(made, Pipeline.default(plain), T)):
        if day < 63:
            continue
        x = pool.returns[0, day] * step.scales
        daily[day] = step.weights @ x - 5e-4 * np.abs(step.weights - before).sum()
        before = step.weights
    np.testing.assert_allclose(daily[63:], expected.daily[0, 63:], atol=1e-12)


def canary(lag: int) -> float:
    """Annual Sharpe ratio of a nervous pipeline on agents without any skill; -1 lets it see the day it decides on."""
    rng = np.random.default_rng(11)
    net = rng.standard_normal((400, 40)) * 0.006
    made = Ledger([f"a{i}" for i in range(40)], overlap=1)
    for day, row in enumerate(net):
        made.append(
            {"agent": np.arange(40), "decided": day, "effective": day, "matured": day + 1, "gross": row}
        )
    nervous = SelectionConfig(
        half_life=1.0, hysteresis=0.0, top_k=5, psr_enter=0.0, psr_stay=0.0, cusum_cut=1e9, vesting=1.0
    )
    pipeline, daily = Pipeline.default(nervous), []
    for day in range(2, 400):
        weights = pipeline.step(made.as_of(day - lag), day + 1).weights
        daily.append(weights @ net[day])
    book = np.array(daily[70:])
    return float(book.mean() / book.std() * np.sqrt(252))


def test_a_peek_of_one_day_would_show() -> None:
    assert canary(-1) > 8
    assert abs(canary(0)) < 2.5
    assert abs(canary(1)) < 2.5
