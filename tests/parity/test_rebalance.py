"""Target weights: our account and a portfolio of vectorbt are the same curve, on both its engines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from parity.panels import CASH, VARIANTS, Case, random_case
from quantrl.backtest import Costs
from quantrl.typing import FloatArray

pytestmark = pytest.mark.filterwarnings("ignore")

PANELS = 50
LIMIT = 1e-9


def _theirs(vectorbt: Any, case: Case, engine: str) -> FloatArray:
    import pandas

    size, price = case.weights, case.close
    if case.fill == "next_open":  # it fills on the row it is told: the decision of the row before
        size, price = np.vstack([np.full((1, size.shape[1]), np.nan), size[:-1]]), case.open
    portfolio = vectorbt.Portfolio.from_orders(
        pandas.DataFrame(case.close),
        size=pandas.DataFrame(size),
        size_type="targetpercent",
        price=pandas.DataFrame(price),
        val_price=pandas.DataFrame(price),
        group_by=True,
        cash_sharing=True,
        call_seq="auto",
        init_cash=CASH,
        freq="1D",
        engine=engine,
        **case.fees,
    )
    equity: FloatArray = portfolio.value().to_numpy()
    return equity


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_curve_is_that_of_vectorbt(vectorbt: Any, engine: str, variant: str) -> None:
    worst = 0.0
    for seed in range(PANELS):
        case = random_case(variant, seed)
        ours = case.ours()
        assert ours.traded.sum() > CASH
        assert np.nanmin(ours.scale) == 1.0, "cash binds: two cash rules would be compared"
        worst = max(worst, float(np.max(np.abs(_theirs(vectorbt, case, engine) / ours.equity - 1.0))))
    assert worst <= LIMIT


def test_where_cash_binds_the_two_rules_differ(vectorbt: Any) -> None:
    """Ours scales all targets alike; vectorbt fills buys by size until the money ends."""
    case = random_case("long", 0)
    tight = case.weights / case.weights.sum(axis=1, keepdims=True)
    bound = Case(case.close, case.open, tight, case.costs, case.fees)
    ours = bound.ours()
    assert np.nanmin(ours.scale) < 1.0
    assert np.max(np.abs(_theirs(vectorbt, bound, "numba") / ours.equity - 1.0)) > 1e-6


def test_a_sale_worth_less_than_its_fee_is_made_here_and_refused_there(vectorbt: Any, engine: str) -> None:
    close, weights = np.full((2, 1), 100.0), np.array([[5e-6], [0.0]])
    case = Case(close, close, weights, Costs(bps=0.0, fixed=20.0), {"fixed_fees": 20.0})
    assert case.ours().equity[-1] == pytest.approx(CASH - 40.0, abs=1e-6)
    assert _theirs(vectorbt, case, engine)[-1] == pytest.approx(CASH - 20.0, abs=1e-6)
