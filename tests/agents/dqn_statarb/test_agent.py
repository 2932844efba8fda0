"""The agent on bars: the spread by its definition, weights a cash account can hold, and nothing it has not seen."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.agent import Native
from quantrl.agents.dqn_statarb._spread import spread_of
from quantrl.agents.dqn_statarb._standing import Standing
from quantrl.agents.dqn_statarb.adapt import Answer
from quantrl.agents.dqn_statarb.agent import build, cash_weights
from quantrl.backtest import Costs, run_agent
from quantrl.data import Panel
from quantrl.errors import ConfigError, DataError
from quantrl.units import NS_PER_DAY

WINDOW = 60


def closes(bars: int = 400, beta: float = 1.5, kappa: float = 0.1, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    u = np.cumsum(random.normal(0.0, 0.01, bars))
    x = np.zeros(bars)
    for t in range(1, bars):
        x[t] = (1.0 - kappa) * x[t - 1] + random.normal(0.0, 0.01)
    return np.exp(np.column_stack([4.0 + beta * u + x, 3.0 + u, np.cumsum(random.normal(0, 0.01, bars))]))


def panel(close: np.ndarray) -> Panel:
    time = NS_PER_DAY * np.arange(1, len(close) + 1, dtype=np.int64)
    return Panel.from_arrays({"close": close}, time, ["A", "B", "C"][: close.shape[1]])


def test_the_spread_is_that_of_the_definition():
    logs = np.log(closes()[: 2 * WINDOW + 1, :2])
    found = spread_of(logs, WINDOW)
    xs = []
    for t in range(WINDOW, 2 * WINDOW + 1):
        slope, level = np.polyfit(logs[t - WINDOW : t, 1], logs[t - WINDOW : t, 0], 1)
        xs.append(logs[t, 0] - level - slope * logs[t, 1])
    recent = np.array(xs[-WINDOW:])
    now, _ = np.polyfit(logs[WINDOW + 1 :, 1], logs[WINDOW + 1 :, 0], 1)
    assert found.x == pytest.approx(xs[-1], abs=1e-10)
    assert found.sd == pytest.approx(recent.std(), rel=1e-9)
    assert found.z == pytest.approx((recent[-1] - recent.mean()) / recent.std(), rel=1e-7)
    assert found.change == pytest.approx((xs[-1] - xs[-2]) / np.diff(xs).std(), rel=1e-7)
    assert found.beta == pytest.approx(now, rel=1e-9)
    assert found.hedges


def test_a_leg_that_stands_still_hedges_nothing():
    logs = np.log(closes()[: 2 * WINDOW + 1, :2])
    logs[:, 1] = 1.0
    assert not spread_of(logs, WINDOW).hedges


def test_weights_differ_from_a_margin_accounts_by_equal_parts_of_both_legs():
    for beta in (0.5, 1.0, 1.5):
        c = 0.5 / max(1.0, beta)
        for p in (-1.0, 1.0):
            # Raised by the same part of both legs, whichever way the position is.
            raised = cash_weights(p, beta) - c * np.array([p, -p * beta])
            assert raised == pytest.approx([c, c * beta])
            assert cash_weights(p, beta).min() == 0.0
            assert cash_weights(p, beta).sum() <= 1.0
        assert cash_weights(0.0, beta).tolist() == [0.0, 0.0]


def test_it_buys_what_is_cheap_and_holds_in_between():
    agent, prices = build(window=WINDOW), panel(closes())
    seen: list[str] = []
    turned: dict[str, list[float]] = {"first": [], "second": []}
    held = np.zeros(3)
    for bar in range(2 * WINDOW, 400):
        view = prices.as_of(int(prices.time[bar]), held=held)
        z = spread_of(np.log(view.window("close", 2 * WINDOW + 1)[:, :2]), WINDOW).z
        decided = agent.decide(view)
        weights = decided.weights
        if np.isnan(weights).all():
            seen.append("hold")
            continue
        held = weights
        side = "first" if weights[0] > weights[1] else "second"
        seen.append(side)
        turned[side].append(z)
        assert weights[2] == 0.0
        assert {item.name for item in decided.evidence} == {"z", "beta", "target", "drift"}
    assert seen.count("hold") > 200
    assert min(seen.count("first"), seen.count("second")) >= 3
    assert np.mean(turned["first"]) < -0.5
    assert np.mean(turned["second"]) > 0.5


def test_a_known_spread_is_earned_on_after_costs():
    """Relative to holding both legs, on a spread that reverts within ten bars."""
    prices = panel(closes(1_200, beta=1.0)[:, :2])
    ours = run_agent(
        build(window=WINDOW), prices, fill="next_close", costs=Costs(bps=2), periods_per_year=252
    )
    both = np.log(np.array(prices["close"])[-1] / np.array(prices["close"])[2 * WINDOW]).mean()
    assert np.log(ours.equity[-1] / ours.equity[2 * WINDOW]) > both + 0.25
    ours.audit()


def test_it_goes_on_from_what_it_remembers():
    prices = panel(closes())
    first, second = (build(window=WINDOW, drift="stand_down") for _ in range(2))
    assert isinstance(first, Native)
    held = np.zeros(3)
    for bar in range(2 * WINDOW, 300):
        view = prices.as_of(int(prices.time[bar]), held=held)
        if bar >= 200:
            second.restore(first.snapshot(), view.now, 3)
            assert second.decide(view).weights.tobytes() == first.decide(view).weights.tobytes()
            assert second.snapshot() == first.snapshot()
        decided = first.decide(view).weights
        held = held if np.isnan(decided).all() else decided
    with pytest.raises(DataError, match="expected 56 bytes"):
        first.restore(b"123", 0, 3)


def alarmed(answer: Answer = "stand_down") -> Standing:
    """After 80 bars of z = 4, of which a spread that reverts as in training has few in a row."""
    found = Standing(build().policy.pair.kappa_dt, answer, WINDOW)
    for _ in range(80):
        found.flat_only(4.0)
    return found


def test_a_spread_that_walks_away_is_left_alone_until_the_window_is_new():
    found = Standing(build().policy.pair.kappa_dt, "stand_down", WINDOW)
    flat = np.array([found.flat_only(z) for z in np.concatenate([np.full(140, 4.0), np.zeros(100)])])
    begun, ended = np.flatnonzero(np.diff(flat.astype(int)))
    assert 50 < begun < 80
    assert ended - begun == WINDOW
    ignored = alarmed("ignore")
    assert ignored.score >= 1.0
    assert not ignored.flat_only(4.0)
    walk = Standing(0.0, "stand_down", WINDOW)
    assert not any(walk.flat_only(9.0) for _ in range(500))


def test_an_agent_that_stands_down_is_in_cash():
    prices, wild, careful = panel(closes()), build(window=WINDOW), build(window=WINDOW, drift="stand_down")
    entry = wild.snapshot()[:8]
    wild.restore(entry + alarmed("ignore").snapshot(), 0, 3)
    careful.restore(entry + alarmed().snapshot(), 0, 3)
    cash = {}
    for name, agent in (("wild", wild), ("careful", careful)):
        held, cash[name] = np.array([0.5, 0.5, 0.0]), []
        for bar in range(2 * WINDOW, 400):
            weights = agent.decide(prices.as_of(int(prices.time[bar]), held=held)).weights
            held = held if np.isnan(weights).all() else weights
            cash[name].append(held.sum() == 0.0)
    stood = np.array(cash["careful"])
    assert stood[: WINDOW - 25].all()
    assert not stood[WINDOW:].all()
    assert not np.array(cash["wild"])[: WINDOW - 25].all()


def test_legs_by_name_and_settings_that_do_not_fit():
    prices = panel(closes())
    view = prices.as_of(int(prices.time[-1]))
    assert np.isnan(build(first="X", second="A", window=WINDOW).decide(view).weights).sum() == 0
    assert build(first="X", second="A", window=WINDOW).decide(view).weights.sum() == 0.0
    swapped = build(first="B", second="A", window=WINDOW)
    asked = [swapped.decide(prices.as_of(int(prices.time[bar]))).weights for bar in range(300, 400)]
    assert any(np.nansum(weights[:2]) > 0 for weights in asked)
    for wrong in (
        {"first": "A"},
        {"first": "A", "second": "A"},
        {"window": 3},
        {"model": "nowhere"},
        {"drift": "retrain"},
    ):
        with pytest.raises(ConfigError):
            build(**wrong)
