"""Measures of an account: those of its returns, and of what it traded and held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quantrl.metrics import Measure, table
from quantrl.units import BP

if TYPE_CHECKING:
    from quantrl.backtest.result import Result


def account_measures(result: Result) -> dict[str, Measure]:
    """Measures by name: all of `quantrl.metrics.table`, then ``turnover``, ``cost_bps_year``, ``exposure``.

    Turnover is the mean of value traded over equity at the fill point, times periods per year, buys and sells
    both counted; cost the basis points of equity paid a year; exposure the mean of positions over equity.
    """
    annual = result.bars.periods_per_year
    before = np.concatenate([[result.settings.initial_cash], result.equity[:-1]])
    # Nothing is traded without equity.
    traded, paid = (np.where(column != 0.0, column, 0.0) for column in (result.traded, result.cost))
    own = {
        "turnover": annual * np.mean(traded / np.where(traded > 0.0, result.fill_equity, 1.0)),
        "cost_bps_year": annual * np.mean(paid / np.where(paid > 0.0, before, 1.0)) / BP,
        "exposure": np.mean(result.gross),
    }
    measured = table(result.returns, periods_per_year=annual).of("0")
    return measured | {name: Measure(float(value)) for name, value in own.items()}
