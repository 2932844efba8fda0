"""Every pair of simple moving averages of 2 to 143 bars, against both engines of vectorbt."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from quantrl.backtest import Costs, SweepResult, sweep
from quantrl.cli.bench.sweep import inputs
from quantrl.typing import BoolArray, FloatArray

pytestmark = pytest.mark.filterwarnings("ignore")

WINDOWS = range(2, 144)
PAIRS = list(itertools.combinations(WINDOWS, 2))
FEES = 1e-3
CASH = 1e6
PERIODS = 252.0
LIMIT = 1e-9
COLUMNS = 1_500
"""Pairs a call: 10,011 at once take gigabytes there."""


def _ours(close: FloatArray, **more: Any) -> SweepResult:
    return sweep(
        "sma_cross",
        {"fast": WINDOWS, "slow": WINDOWS},
        close.reshape(-1, 1),
        fill="close",
        costs=Costs(bps=FEES * 1e4),
        initial_cash=CASH,
        periods_per_year=PERIODS,
        **more,
    )


def _theirs(vectorbt: Any, close: FloatArray, engine: str) -> Iterator[tuple[slice, Any]]:
    """Portfolios of some pairs after the other, with their places."""
    import pandas

    prices = pandas.Series(close)
    averages = vectorbt.MA.run(prices, window=list(WINDOWS), engine=engine).ma.to_numpy()
    for first in range(0, len(PAIRS), COLUMNS):
        part = PAIRS[first : first + COLUMNS]
        fast, slow = (pandas.DataFrame(averages[:, [pair[k] - 2 for pair in part]]) for k in (0, 1))
        entries, exits = fast.vbt.crossed_above(slow), fast.vbt.crossed_below(slow)
        yield (
            slice(first, first + len(part)),
            vectorbt.Portfolio.from_signals(
                prices,
                entries,
                exits,
                fees=FEES,
                init_cash=CASH,
                freq=pandas.Timedelta(days=365.0 / PERIODS),
                engine=engine,
            ),
        )


def _close_to(theirs: FloatArray, ours: FloatArray) -> BoolArray:
    agree: BoolArray = np.abs(theirs - ours) <= LIMIT * np.maximum(1.0, np.abs(ours))
    return agree


def test_all_pairs_agree_on_unrounded_prices(vectorbt: Any, engine: str) -> None:
    close = inputs("full").close
    ours = _ours(close)
    assert len(ours) == len(PAIRS) == 10_011
    for at, portfolio in _theirs(vectorbt, close, engine):
        growth = ours.measures["total"][at] + 1.0
        assert np.max(np.abs(portfolio.final_value().to_numpy() / CASH / growth - 1.0)) <= LIMIT
        assert _close_to(portfolio.sharpe_ratio().to_numpy(), ours.measures["sharpe"][at]).all()
        # A first bar without a position: its peak from that bar is ours from the starting cash.
        assert _close_to(
            np.nan_to_num(portfolio.max_drawdown().to_numpy()), ours.measures["max_drawdown"][at]
        ).all()
        np.testing.assert_array_equal(portfolio.trades.count().to_numpy(), ours.measures["trades"][at])


def test_on_prices_in_cents_no_pair_differs_from_the_numba_engine(vectorbt: Any) -> None:
    """Exact ties: averages that rounding decides. Without our tolerance for ties the same bits decide as there."""
    close = np.round(inputs("full").close, 2)
    ours, differ = _ours(close, tie_rtol=0.0), 0
    assert (ours.measures["total"] != _ours(close).measures["total"]).any(), "rounding decides some pairs"
    for at, portfolio in _theirs(vectorbt, close, "numba"):
        growth = ours.measures["total"][at] + 1.0
        differ += int((np.abs(portfolio.final_value().to_numpy() / CASH / growth - 1.0) > LIMIT).sum())
    assert differ == 0
