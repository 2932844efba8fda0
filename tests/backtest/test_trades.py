from __future__ import annotations

import math

import numpy as np
import pytest

from backtest.markets import case, columns, decisions, panel_of
from backtest.test_terms import by_hand, market, signed, some_terms
from quantrl.backtest import Costs, Margin, Result, Terms, run_signals, run_weights
from quantrl.units import NS_PER_DAY

NAN = math.nan


@pytest.mark.parametrize("seed", range(60))
def test_trips_and_carry_add_up_to_the_equity_gained(seed: int) -> None:
    if seed % 2:
        terms = some_terms(seed)
        weights = signed(seed, 40, 5, 2.0) if terms.margin else decisions(seed, 40, 5)
        result = run_weights(
            market(seed, missing=0.1), weights, costs=Costs(bps=10, minimum=1.0), terms=terms
        )
    else:
        one = case(seed)
        result = run_weights(one.panel, one.weights, **one.options)
    alive = len(result.equity) if result.ruined_at is None else result.ruined_at + 1
    carried = result.interest[:alive].sum() - result.short_fees[:alive].sum()
    gained = result.equity[-1] - result.settings.initial_cash - carried
    assert result.trades["profit"].sum() == pytest.approx(gained, abs=1e-8 * result.settings.initial_cash)
    held = np.vstack([np.zeros((1, result.bars.shape[1])), result.units])
    opened = ((held[1:] != 0) & (np.sign(held[1:]) != np.sign(held[:-1]))).sum()
    # A position that is opened and ruined on one bar is in no row of units.
    assert result.trades.height - opened in ((0,) if result.ruined_at is None else range(6))
    assert result.trades["open"].sum() == (result.units[-1] != 0).sum()


def test_a_trip_is_followed_through_parts_and_costs() -> None:
    close = np.array([[10.0], [12.0], [15.0], [15.0]])
    weights = np.array([[0.5], [0.25], [0.0], [NAN]])
    result = run_weights(
        close,
        weights,
        fill="close",
        sizing="pre_cost",
        costs=Costs(bps=100),
        initial_cash=1000.0,
        periods_per_year=252.0,
    )
    (trip,) = result.trades.to_dicts()
    flows = -(result.fills["units"] * result.fills["price"]) - result.fills["fee"]
    assert (trip["side"], trip["open"], trip["bars"]) == ("long", False, 2)
    assert trip["invested"] == pytest.approx(500.0)
    assert trip["profit"] == pytest.approx(flows.sum())
    assert trip["profit"] == pytest.approx(result.equity[-1] - 1000.0)
    assert trip["return"] == pytest.approx(trip["profit"] / 500.0)


def test_an_order_through_zero_closes_one_trip_and_opens_another() -> None:
    result = by_hand([[10.0], [11.0], [12.0]], [[1.0], [-1.0], [NAN]], Terms(margin=Margin(2.0, 0.0)))
    long, short = result.trades.to_dicts()
    assert (long["side"], long["profit"], long["left"]) == ("long", pytest.approx(100.0), 2 * NS_PER_DAY)
    assert (short["side"], short["profit"], short["open"]) == ("short", pytest.approx(-100.0), True)
    assert short["left"] is None
    assert short["invested"] == pytest.approx(1100.0)


def test_dividends_delistings_and_ruin_end_in_the_trip() -> None:
    terms = Terms(margin=Margin(1.5, 0.0), actions=True)
    paid = by_hand(
        [[10.0]] * 3, [[1.0], [NAN], [NAN]], terms, dividend=[[0], [0.5], [0]], delisted=[[NAN], [NAN], [4.0]]
    )
    (trip,) = paid.trades.to_dicts()
    assert (trip["profit"], trip["open"], trip["bars"]) == (pytest.approx(50.0 - 600.0), False, 2)
    lost = by_hand([[10.0], [21.0], [5.0]], [[-1.0], [NAN], [NAN]], terms, dividend=[[0]] * 3)
    (trip,) = lost.trades.to_dicts()
    assert (trip["side"], trip["profit"], trip["open"]) == ("short", pytest.approx(-1100.0), False)


def test_measures_by_hand_and_their_reasons() -> None:
    close = np.array([10.0, 11.0, 10.0, 9.0, 10.0, 12.0, 12.0])
    entries, exits = (np.isin(np.arange(7), rows) for rows in ([0, 2, 4], [1, 3, 5]))
    (result,) = run_signals(
        close.reshape(-1, 1), entries, exits, fill="close", costs=Costs.zero(), periods_per_year=252.0
    )
    returns = result.trades["return"].to_numpy()
    np.testing.assert_allclose(returns, [0.1, -0.1, 0.2], rtol=1e-12)
    found = {name: measure.value for name, measure in result.trade_measures.items()}
    gains, losses = 1e5 + 0.99e6 * 0.2, 1.1e6 * 0.1
    expected = {
        "trades": 3.0,
        "hit": 2 / 3,
        "profit_factor": gains / losses,
        "sqn": np.mean(returns) / np.std(returns, ddof=1) * math.sqrt(3),
        "holding": 1.0,
    }
    assert found == pytest.approx(expected)
    (idle,) = run_signals(close.reshape(-1, 1), entries & False, exits, fill="close", periods_per_year=252.0)
    assert {m.reason for name, m in idle.trade_measures.items() if name != "trades"} == {"no_trades"}
    once = run_signals(close.reshape(-1, 1), np.arange(7) == 3, np.arange(7) == 4, fill="close", costs=Costs.zero(),
                       periods_per_year=252.0)[0]  # fmt: skip
    assert once.trade_measures["profit_factor"].reason == "no_losses"
    assert once.trade_measures["sqn"].reason == "too_short"


def test_splits_do_not_end_a_trip() -> None:
    split = np.full((40, 5), np.nan)
    split[10] = 2.0
    raw = panel_of({**columns(4), "split": split})
    weights = np.full((40, 5), np.nan)
    weights[0] = 0.15
    result: Result = run_weights(raw, weights, terms=Terms(actions=True))
    assert result.trades.height == 5
    assert result.trades["open"].all()
