"""Every rule on an example small enough to work out on paper; the comments are the working."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from quantrl.registry import build_agent, members

NAN = float("nan")

# Returns with mean zero that are orthogonal: A has variance .01 a bar, B .04 (divisor t), covariance 0.
CALM = [0.1, -0.1, 0.1, -0.1]
WILD = [0.2, 0.2, -0.2, -0.2]


def _columns(*columns: list[float]) -> np.ndarray:
    return np.array(columns).T


# rule, parameters, closes (one list a name), expected weights
ON_CLOSES: list[tuple[str, dict[str, Any], np.ndarray, list[float]]] = [
    ("equal_weight", {}, _columns([1.0], [2.0], [NAN]), [1 / 2, 1 / 2, 0]),
    ("buy_and_hold", {}, _columns([1.0], [2.0], [NAN]), [1 / 2, 1 / 2, 0]),
    # returns +10 % and 0 and -10 %: only the first is above zero, one slot of three
    ("time_series_momentum", {"lookback": 1}, _columns([10, 11], [10, 10], [10, 9]), [1 / 3, 0, 0]),
    # returns .1, .2, -.3 have mean 0: the excess .1 and .2 is shared 1 to 2
    ("cross_sectional_momentum", {"lookback": 1}, _columns([10, 11], [10, 12], [10, 7]), [1 / 3, 2 / 3, 0]),
    # the last bar is skipped: from row 0 to row 1 the first name earned 20 %, the second 10 %
    ("momentum", {"lookback": 2, "skip": 1, "k": 1}, _columns([10, 12, 5], [10, 11, 30]), [1, 0]),
    # without a skip the same prices choose the second
    ("momentum", {"lookback": 2, "skip": 0, "k": 1}, _columns([10, 12, 5], [10, 11, 30]), [0, 1]),
    # returns .2, -.1, -.2: the best two are chosen, and the loser among them stays in cash
    ("dual_momentum", {"lookback": 1, "k": 2}, _columns([10, 12], [10, 9], [10, 8]), [1 / 2, 0, 0]),
    # 10 % after 10 %: no change; 10 % after -10 %: +20 points
    ("acceleration", {"span": 1, "k": 1}, _columns([100, 110, 121], [100, 90, 99]), [0, 1]),
    # 15/20 = .75 against 9/10 = .9
    ("high_proximity", {"lookback": 3, "k": 1}, _columns([10, 20, 15], [10, 9, 9]), [0, 1]),
    # fast 2, slow 1.5; fast 1, slow 1.5
    ("sma_cross", {"fast": 1, "slow": 2}, _columns([1, 2], [2, 1]), [1 / 2, 0]),
    # span 1 is the close itself; the slow average lags behind a rise and behind a fall
    ("ema_cross", {"fast": 1, "slow": 2}, _columns([1] * 7 + [2], [2] * 7 + [1], [2] * 8), [1 / 3, 0, 0]),
    # means 4/3 and 5/3 against closes 2 and 1
    ("price_above_sma", {"window": 3}, _columns([1, 1, 2], [2, 2, 1]), [1 / 2, 0]),
    # returns -5 % and -10 %
    ("mean_reversion", {"lookback": 1, "k": 1}, _columns([100, 95], [100, 90]), [0, 1]),
    # mean 2, deviation 1, close 1: z = -1, half of the full 2, of a slot of 1/2; the other is above its mean
    ("zscore_reversion", {"window": 3, "full": 2.0}, _columns([3, 2, 1], [1, 2, 3]), [1 / 4, 0]),
    # z = -1 with the slot full at .5: the whole slot, no more
    ("zscore_reversion", {"window": 3, "full": 0.5}, _columns([3, 2, 1], [1, 2, 3]), [1 / 2, 0]),
    # moves +1 -3 -1: rises 1 of 5, index 20; moves -1 +3 +1: index 80
    ("rsi_reversion", {"window": 3}, _columns([10, 11, 8, 7], [10, 9, 12, 13]), [1 / 2, 0]),
    # A: mean 7.75, deviation sqrt(24.75/3) = 2.87, low 4 at z -1.31, close 7 below the mean: in.
    # B: mean 9, deviation sqrt(36/3) = 3.46, low 4 at z -1.44, but close 12 has recovered: out.
    # C: the low is three bars old, the lowest of the last two is 7 at z -.26: out.
    (
        "bollinger_reversion",
        {"window": 4, "width": 1.0, "patience": 2},
        _columns([10, 10, 4, 7], [10, 10, 4, 12], [4, 10, 10, 7]),
        [1 / 3, 0, 0],
    ),
    # A broke above 11 but closes at the low of its last two; B broke above 11 and goes on; C stays below 12
    (
        "breakout",
        {"entry": 2, "exit": 2},
        _columns([10, 11, 12, 11.5], [10, 11, 12, 12.5], [12, 11, 11.5, 11.8]),
        [0, 1 / 3, 0],
    ),
    # returns -.1 .1 | -.2 .2 | .1 -.1: volatilities 1 : 2 : 1, shares .4 .2 .4; the third is at 99 < mean 103
    (
        "trend_inverse_vol",
        {"trend": 3, "lookback": 2},
        _columns([100, 90, 99], [100, 80, 96], [100, 110, 99]),
        [0.4, 0.2, 0],
    ),
    # more picks than names with a price: all of them
    ("random_entry", {"k": 5, "chance": 1.0}, _columns([1.0], [2.0], [NAN]), [1 / 2, 1 / 2, 0]),
    ("random_entry", {"k": 5, "chance": 0.0}, _columns([1.0], [2.0], [NAN]), [NAN, NAN, NAN]),
    ("random_weights", {}, _columns([1.0], [NAN]), [1, 0]),
]

# rule, parameters, returns (one list a name), expected weights
ON_RETURNS: list[tuple[str, dict[str, Any], np.ndarray, list[float]]] = [
    # volatilities 1 : 2
    ("inverse_volatility", {"lookback": 4}, _columns(CALM, WILD), [2 / 3, 1 / 3]),
    ("low_volatility", {"lookback": 4, "k": 1}, _columns(WILD, CALM), [0, 1]),
    # S = diag(.01, .04), mean variance .025, d2 = .015^2 + .015^2 = .00045. Every bar has |x|^2 = .05, so
    # b2 = (.05^2 - .0017)/4 = .0002 and 4/9 is shrunk: variances .15/9 and .3/9, weights 2 : 1, not 4 : 1
    ("min_variance", {"lookback": 4}, _columns(CALM, WILD), [2 / 3, 1 / 3]),
    # uncorrelated: only the volatilities 1 : 2 matter
    ("max_diversification", {"lookback": 4}, _columns(CALM, WILD), [2 / 3, 1 / 3]),
    ("equal_risk", {"lookback": 4}, _columns(CALM, WILD), [2 / 3, 1 / 3]),
    # the market is the mean of 1.5 m and .5 m
    ("low_beta", {"lookback": 2, "k": 1}, _columns([0.15, -0.15], [0.05, -0.05]), [0, 1]),
    # A earns 17 % at deviation .283, B 10.24 % at .0141
    (
        "risk_adjusted_momentum",
        {"lookback": 2, "skip": 0, "k": 1},
        _columns([0.3, -0.1], [0.06, 0.04]),
        [0, 1],
    ),
    # one bar at +-10 % has deviation .1 sqrt(2); half of that is the target, so half is invested
    (
        "vol_target",
        {"target_vol": 0.05 * 2**0.5, "lookback": 2, "periods_per_year": 1.0},
        _columns([0.1, -0.1], [0.1, -0.1]),
        [1 / 4, 1 / 4],
    ),
    # below the target there is no leverage
    (
        "vol_target",
        {"target_vol": 0.2, "lookback": 2, "periods_per_year": 1.0},
        _columns([0.1, -0.1], [0.1, -0.1]),
        [1 / 2, 1 / 2],
    ),
    # market m = .1 -.1 .1 -.1, A = m + d, B = m - d with d = -.02 .01 .02 -.01 orthogonal to m: betas 1,
    # residuals d and -d. Scored are bars 1 and 2: A +.01 +.02, though over all four both sum to zero
    (
        "residual_momentum",
        {"estimation": 4, "lookback": 3, "skip": 1, "k": 1},
        _columns([0.08, -0.09, 0.12, -0.11], [0.12, -0.11, 0.08, -0.09]),
        [1, 0],
    ),
]


def _build(rule: str, params: dict[str, Any]):
    scheduled = {} if rule == "buy_and_hold" else {"every": 1}
    return build_agent(f"rules/{rule}", {**scheduled, **params}, seed=7, stream=3)


@pytest.mark.parametrize(("rule", "params", "closes", "expected"), ON_CLOSES)
def test_weights_from_closes(rule, params, closes, expected, view_of):
    weights = _build(rule, params).decide(view_of(closes)).weights
    np.testing.assert_allclose(weights, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("rule", "params", "returns", "expected"), ON_RETURNS)
def test_weights_from_returns(rule, params, returns, expected, view_of_returns):
    weights = _build(rule, params).decide(view_of_returns(returns)).weights
    np.testing.assert_allclose(weights, expected, rtol=1e-9, atol=1e-12)


def test_every_rule_has_an_example():
    assert {example[0] for example in ON_CLOSES + ON_RETURNS} == set(members("quantrl.agents.rules"))


def test_buy_and_hold_keeps_what_it_has(view_of):
    decided = _build("buy_and_hold", {}).decide(view_of([[1.0, 2.0]], held=[0.4, 0.0]))
    assert np.isnan(decided.weights).all()


def test_a_name_without_a_price_now_is_not_bought_on_old_prices(view_of):
    closes = _columns([10, 12, NAN], [10, 11, 11])
    decided = _build("momentum", {"lookback": 2, "skip": 1, "k": 1}).decide(view_of(closes))
    assert decided.weights.tolist() == [0, 1]


def test_evidence_carries_the_value_and_the_name(view_of):
    decided = _build("momentum", {"lookback": 1, "skip": 0, "k": 1}).decide(view_of([[10, 10], [11, 12]]))
    best = decided.evidence[0]
    assert (best.kind, best.name, best.source) == ("indicator", "return", "N1")
    assert best.value == pytest.approx(0.2)
