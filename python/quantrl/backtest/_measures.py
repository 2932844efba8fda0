"""Measures of accounts: those of their returns, and of what they traded and held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from quantrl.metrics import MeasureTable, table
from quantrl.units import BP

if TYPE_CHECKING:
    from quantrl.backtest.result import Result

OWN = ("turnover", "cost_bps_year", "exposure")
"""Measures that returns alone do not give."""


def account_measures(results: Sequence[Result], names: Sequence[str] | None = None) -> MeasureTable:
    """Measures by name: all of `quantrl.metrics.table`, then ``turnover``, ``cost_bps_year``, ``exposure``.

    Turnover is the mean of value traded over equity at the fill point, times periods per year, buys and sells
    both counted; cost the basis points of equity paid a year; exposure the mean of positions over equity.
    """
    returns = np.column_stack([result.returns for result in results])
    measured = table(returns, periods_per_year=results[0].bars.periods_per_year, names=names)
    own = np.array([_own(result) for result in results]).T
    return replace(
        measured,
        measures=(*measured.measures, *OWN),
        values=np.vstack([measured.values, own]),
        codes=np.vstack([measured.codes, np.zeros(own.shape, dtype=np.uint8)]),
    )


def joined(tables: Sequence[MeasureTable], names: Sequence[str]) -> MeasureTable:
    """Tables of the same measures as one, its series by new names."""
    values, codes = ([getattr(one, part) for one in tables] for part in ("values", "codes"))
    return MeasureTable(tuple(names), tables[0].measures, np.hstack(values), np.hstack(codes))


def _own(result: Result) -> tuple[float, float, float]:
    annual = result.bars.periods_per_year
    before = np.concatenate([[result.settings.initial_cash], result.equity[:-1]])
    # Nothing is traded without equity.
    traded, paid = (np.where(column != 0.0, column, 0.0) for column in (result.traded, result.cost))
    turnover = annual * np.mean(traded / np.where(traded > 0.0, result.fill_equity, 1.0))
    cost = annual * np.mean(paid / np.where(paid > 0.0, before, 1.0)) / BP
    return float(turnover), float(cost), float(np.mean(result.gross))
