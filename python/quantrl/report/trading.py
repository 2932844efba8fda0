"""What trading cost, year by year, from the fills of the book."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from quantrl.report.periods import means, period_of, period_starts
from quantrl.typing import FloatArray, IntArray


@dataclass(frozen=True)
class TradingYears:
    """Costs and turnover of each calendar year.

    Parameters
    ----------
    years : (Y,) list of int
    fills : (Y,) int64
        Number of fills.
    cost : (Y,) float64
        Fees and slippage in currency.
    cost_bps : (Y,) float64
        The same over the mean equity of the year, basis points.
    turnover : (Y,) float64
        Bought plus sold over the mean equity of the year.
    """

    years: list[int]
    fills: IntArray
    cost: FloatArray
    cost_bps: FloatArray
    turnover: FloatArray


def trading_years(time_ns: IntArray, equity: FloatArray, fills: pl.DataFrame) -> TradingYears:
    """Sum the fills of every year the run covers.

    Parameters
    ----------
    time_ns : (T,) int64
        Bar ends.
    equity : (T,) float64
        Equity of the book that was filled.
    fills : frame
        ``time`` int64 ns, ``units``, ``price``, ``fee``, ``slippage``.
    """
    starts = period_starts(time_ns, "year")
    numbers = period_of(time_ns, "year")[starts]
    mean_equity = means(equity, starts)
    year = period_of(fills["time"].cast(pl.Int64).to_numpy(), "year")
    row = np.searchsorted(numbers, year)
    size = len(numbers)
    inside = (row < size) & (numbers[np.minimum(row, size - 1)] == year)
    row = row[inside]

    def total(values: FloatArray) -> FloatArray:
        return np.bincount(row, weights=values[inside], minlength=size).astype(np.float64)

    column = {name: fills[name].cast(pl.Float64).to_numpy() for name in ("units", "price", "fee", "slippage")}
    cost = total(column["fee"] + column["slippage"])
    traded = total(np.abs(column["units"]) * column["price"])
    safe = np.where(mean_equity > 0, mean_equity, np.inf)
    return TradingYears(
        years=[int(number) + 1970 for number in numbers],
        fills=np.bincount(row, minlength=size).astype(np.int64),
        cost=cost,
        cost_bps=cost / safe * 1e4,
        turnover=traded / safe,
    )
