"""`Result.to_vectorbt`: the account again, as vectorbt's own portfolio."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import quantrl as q
from parity.panels import VARIANTS, random_case
from quantrl.backtest import Costs, Margin, Terms, run_weights
from quantrl.errors import ConfigError

pytestmark = pytest.mark.filterwarnings("ignore")

LIMIT = 1e-9


@pytest.mark.parametrize("variant", VARIANTS)
def test_equity_cash_and_measures_are_ours(vectorbt: Any, engine: str, variant: str) -> None:
    for seed in range(5):
        result = random_case(variant, seed).ours()
        portfolio = result.to_vectorbt(engine=engine)
        np.testing.assert_allclose(portfolio.value().to_numpy(), result.equity, rtol=LIMIT, atol=0)
        np.testing.assert_allclose(
            portfolio.cash().to_numpy(), result.cash, rtol=LIMIT, atol=LIMIT * result.equity[0]
        )
        assert portfolio.orders.count() == len(result.fills)
        for name, theirs in (
            ("sharpe", "sharpe_ratio"),
            ("vol", "annualized_volatility"),
            ("sortino", "sortino_ratio"),
        ):
            ours = result.measures[name].value
            assert abs(getattr(portfolio, theirs)() - ours) <= LIMIT * max(1.0, abs(ours))
        assert abs(portfolio.total_return() - result.measures["total"].value) <= LIMIT


def test_a_bound_account_with_every_cost_and_gaps(vectorbt: Any, engine: str) -> None:
    """Fully invested, post-cost, missing prices, minimum fees: its orders are our fills, whatever sized them."""
    case = random_case("slippage", 3)
    close, weights = case.close.copy(), case.weights / case.weights.sum(axis=1, keepdims=True)
    close[20:24, 2] = np.nan
    close[:3, 4] = np.nan
    costs = Costs(bps=10, slippage_bps=5, fixed=1.0, minimum=3.0)
    result = run_weights(close, weights, fill="next_close", costs=costs, periods_per_year=252.0)
    portfolio = result.to_vectorbt(engine=engine)
    np.testing.assert_allclose(portfolio.value().to_numpy(), result.equity, rtol=LIMIT, atol=0)


def test_times_and_names_are_those_of_the_panel(vectorbt: Any) -> None:
    panel = q.data.load_sample("us20")
    weights = np.full((len(panel.time), len(panel.instruments)), np.nan)
    weights[::21] = 0.04
    result = run_weights(panel, weights, fill="next_close")
    portfolio = result.to_vectorbt()
    assert portfolio.wrapper.index.as_unit("ns").asi8.tolist() == panel.time.tolist()
    assert tuple(portfolio.wrapper.columns) == panel.instruments
    assert abs(portfolio.value().iloc[-1] / result.equity[-1] - 1.0) <= LIMIT


def test_what_its_portfolio_cannot_express_is_refused(vectorbt: Any) -> None:
    case = random_case("long", 1)
    margin = Terms(margin=Margin(max_gross=2.0, maintenance=0.0))
    borrowed = run_weights(case.close, case.weights / case.weights.sum(axis=1, keepdims=True) * 1.5, fill="close",
                           terms=margin, periods_per_year=252.0)  # fmt: skip
    with pytest.raises(ConfigError, match="to_vectorbt: bar 0: cash is borrowed"):
        borrowed.to_vectorbt()
    panel = q.data.load_sample("us20")
    lent = run_weights(panel, np.full((len(panel.time), 20), 0.01), fill="next_close", terms=Terms(lend=0.03))
    with pytest.raises(ConfigError, match="to_vectorbt: bar 1: dividends, interest"):
        lent.to_vectorbt()
