from __future__ import annotations

import math

import numpy as np
import pytest

from backtest.markets import case, columns, decisions, panel_of
from quantrl.backtest import Costs, Result, run_signals, run_weights
from quantrl.errors import ConfigError


def rising(costs: Costs, **options: object) -> Result:
    """Two names that gain 1 % a bar in turn, rebalanced on every bar: a profit that costs can eat."""
    steps = np.where(np.arange(60)[:, None] % 2 == np.arange(2), 1.02, 1.0)
    close = 10.0 * np.cumprod(steps, axis=0)
    weights = np.where(np.arange(60)[:, None] % 2 == 1 - np.arange(2), 0.9, 0.05)
    return run_weights(close, weights, fill="close", costs=costs, periods_per_year=252.0, **options)


def test_the_curve_is_a_run_under_each_multiple() -> None:
    costs = Costs(bps=8, sell_bps=12, slippage_bps=(3.0, 5.0), fixed=1.0, minimum=20.0)
    result = rising(costs)
    curve = result.cost_curve()
    assert curve.columns == ["multiplier", "bps", "total", "cagr", "sharpe", "max_drawdown", "cost_bps_year"]
    assert curve["multiplier"].to_list() == [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0]
    for row in curve.iter_rows(named=True):
        m = row["multiplier"]
        other = Costs(bps=8 * m, sell_bps=12 * m, slippage_bps=(3.0 * m, 5.0 * m), fixed=m, minimum=20.0 * m)
        run = rising(other)
        assert row["total"] == run.measures["total"].value
        assert row["sharpe"] == run.measures["sharpe"].value
        assert row["bps"] == pytest.approx(1e4 * run.cost.sum() / run.traded.sum(), rel=1e-12)
    assert curve["total"][2] == result.measures["total"].value
    assert curve["bps"][0] == 0.0
    totals = curve["total"].to_numpy()
    assert (np.diff(totals) < 0).all()


@pytest.mark.parametrize("size_at", ["fill", "decision"])
def test_breakeven_is_where_nothing_is_left(size_at: str) -> None:
    result = rising(Costs(bps=4, fixed=2.0, minimum=15.0), size_at=size_at)
    found = result.breakeven()
    assert (found.reason, found.defined) == ("ok", True)
    left = result.cost_curve([found.multiplier - 2e-6, found.multiplier])["total"].to_list()
    assert left[0] > 0.0 >= left[1]
    assert found.bps == pytest.approx(result.cost_curve([found.multiplier])["bps"][0])
    # No extrapolation from here: a straight line through 0 and 1 would miss it.
    none, one = result.cost_curve([0, 1])["total"].to_list()
    assert abs(none / (none - one) - found.multiplier) > 0.01


def test_what_is_undefined_has_its_reason() -> None:
    falling = 10.0 * np.cumprod(np.full((30, 1), 0.99), axis=0)
    options = {"fill": "close", "periods_per_year": 252.0}
    lost = run_weights(falling, np.full((30, 1), 0.5), **options).breakeven()
    assert (lost.reason, math.isnan(lost.bps), lost.defined) == ("gross_loss", True, False)
    idle = run_weights(falling, np.zeros((30, 1)), **options).breakeven()
    assert idle.reason == "no_trades"
    once = np.full((30, 1), np.nan)
    once[0] = 1.0
    held = run_weights(10.0 * 1.2 ** np.arange(30.0)[:, None], once, costs=Costs(bps=1), **options)
    assert held.breakeven().reason == "beyond_100x"
    free = run_weights(falling, once, costs=Costs.zero(), **options)
    for ask in (free.cost_curve, free.breakeven):
        with pytest.raises(ConfigError, match="costs: are zero in this run"):
            ask()
    with pytest.raises(ConfigError, match="multipliers: expected a finite number of at least 0, got -1"):
        held.cost_curve([-1])
    with pytest.raises(ConfigError, match=r"costs\.bps: .* below 10000"):
        held.cost_curve([1e5])


def test_the_run_itself_is_left_alone_and_signals_have_a_curve() -> None:
    panel = panel_of(columns(4, 120, 1))
    rng = np.random.default_rng(3)
    (result,) = run_signals(panel, rng.random(120) < 0.2, rng.random(120) < 0.2)
    before = result.digest()
    curve = result.cost_curve([0, 1, 4])
    assert curve["total"][1] == result.measures["total"].value
    assert curve["total"][0] > curve["total"][2]
    assert result.digest() == before


def test_every_setting_of_an_account_is_kept() -> None:
    for seed in range(12):
        one = case(seed, costs=Costs(bps=7, slippage_bps=2))
        result = run_weights(one.panel, one.weights, **one.options)
        assert result.cost_curve([1])["total"][0] == result.measures["total"].value
    lots = run_weights(panel_of(columns(2)), decisions(2, 40, 5), size_at="decision", lot=10.0)
    assert lots.cost_curve([1])["total"][0] == lots.measures["total"].value
