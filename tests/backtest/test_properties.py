"""What must hold for every account, whatever the market and the decisions."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from backtest.markets import FILLS, SIZINGS, Case, case, columns, decisions, panel_of
from quantrl.backtest import Costs, Result, run_weights
from quantrl.typing import FloatArray

PROPORTIONAL = Costs(bps=10, sell_bps=25, slippage_bps=4)


def run(one: Case, **options: Any) -> Result:
    return run_weights(one.panel, one.weights, **{**one.options, **options})


def close_to(a: FloatArray, b: FloatArray) -> bool:
    return bool(np.abs(a - b).max() <= 1e-12 * np.abs(b).max())


@pytest.mark.parametrize("seed", range(24))
def test_the_order_of_instruments_does_not_matter(seed: int) -> None:
    one = case(seed)
    order = np.random.default_rng(seed).permutation(one.panel.n_instruments)
    costs = one.options["costs"]
    slippage = costs.slippage(len(order))
    base = run(one)
    shuffled = Case(
        panel_of({name: column[:, order] for name, column in one.panel.columns.items()}),
        one.weights[:, order],
        one.options | {"costs": dataclasses.replace(costs, slippage_bps=tuple(slippage[order]))},
    )
    other = run(shuffled)
    assert close_to(other.equity, base.equity)
    assert close_to(other.cash, base.cash)
    assert np.allclose(other.units, base.units[:, order], rtol=0, atol=1e-12 * base.units.max() + 1e-300)


@pytest.mark.parametrize("seed", range(24))
def test_a_thousand_times_the_cash_is_a_thousand_times_the_account(seed: int) -> None:
    one = case(seed, costs=PROPORTIONAL, initial_cash=1e3)
    assert close_to(run(one, initial_cash=1e6).equity, 1e3 * run(one).equity)


@pytest.mark.parametrize("fill", FILLS)
def test_holding_is_drifting(fill: str) -> None:
    bars = columns(4, 50, 3)
    weights = np.full((50, 3), np.nan)
    weights[0] = [0.2, 0.3, 0.1]
    result = run_weights(panel_of(bars), weights, fill=fill, costs=PROPORTIONAL)
    bought = 1 if fill != "close" else 0
    assert (result.units[bought:] == result.units[bought]).all()
    assert close_to(
        result.equity[bought:], result.cash[bought] + bars["close"][bought:] @ result.units[bought]
    )
    assert result.cost[bought + 1 :].sum() == 0.0


@pytest.mark.parametrize("seed", range(60))
def test_never_overdrawn_never_short_never_scaled_up(seed: int) -> None:
    result = run(case(seed))
    assert (result.cash >= 0.0).all()
    assert (result.units >= 0.0).all()
    decided = ~np.isnan(result.scale)
    assert ((result.scale[decided] >= 0.0) & (result.scale[decided] <= 1.0)).all()
    assert (result.cost >= 0.0).all()
    assert (result.equity > 0.0).all()


@pytest.mark.parametrize("sizing", SIZINGS)
@pytest.mark.parametrize("fill", FILLS)
def test_nothing_happens_at_constant_prices_without_cost(fill: str, sizing: str) -> None:
    prices = np.broadcast_to(np.array([3.0, 7.0, 11.0, 0.13]), (80, 4)).copy()
    panel = panel_of(dict.fromkeys(("open", "high", "low", "close"), prices))
    weights = decisions(6, 80, 4)
    result = run_weights(panel, weights, fill=fill, sizing=sizing, costs=Costs.zero())
    assert np.abs(result.equity / 1e6 - 1.0).max() <= 1e-12
    assert result.traded.sum() > 0.0


@pytest.mark.parametrize("seed", range(12))
def test_cost_never_helps(seed: int) -> None:
    """Net equity falls as cost rises, where every row is a complete decision sized after cost."""
    bars = columns(seed, 40, 4)
    weights = decisions(seed, 40, 4, hold=0.0, silent=0.0)
    ends = [
        run_weights(panel_of(bars), weights, costs=Costs(bps=bps)).equity for bps in (0, 1, 5, 20, 100, 400)
    ]
    for less, more in pairwise(ends):
        assert (more <= less * (1 + 1e-12)).all()


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("sizing", SIZINGS)
def test_a_row_of_a_batch_is_the_single_run(fill: str, sizing: str) -> None:
    panel = panel_of(columns(8, 60, 6, missing=0.1))
    schedules = [decisions(k, 60, 6) for k in range(11)]
    options = {"fill": fill, "sizing": sizing, "costs": Costs(bps=10, minimum=3.0), "keep": "full"}
    for schedule, together in zip(schedules, run_weights(panel, schedules, **options), strict=True):
        alone = run_weights(panel, schedule, **options)
        assert alone.digest() == together.digest()
        assert alone.units.tobytes() == together.units.tobytes()
        assert alone.fills.equals(together.fills)


def test_later_prices_and_decisions_change_nothing_before_them() -> None:
    rng = np.random.default_rng(11)
    for k in range(200):
        bars = columns(k, 30, 4, missing=0.1)
        weights = decisions(k, 30, 4)
        options = {"fill": FILLS[k % 4], "sizing": SIZINGS[k % 3], "costs": Costs(bps=10, fixed=1.0)}
        t = int(rng.integers(0, 29))
        other = {name: column.copy() for name, column in bars.items()}
        for column in other.values():
            column[t + 1 :] *= rng.uniform(0.5, 2.0)
        changed = weights.copy()
        changed[t + 1 :] = rng.permutation(changed[t + 1 :])
        before = run_weights(panel_of(bars), weights, **options)
        after = run_weights(panel_of(other), changed, **options)
        for name, column in before.columns.items():
            assert column[: t + 1].tobytes() == after.columns[name][: t + 1].tobytes(), (k, t, name)
