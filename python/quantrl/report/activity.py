"""What was traded, and what it cost, in the periods of a short history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from quantrl.report.periods import Period, finest, means, period_starts
from quantrl.typing import FloatArray, IntArray

_PERIODS = 90


@dataclass(frozen=True)
class Activity:
    """Sums of each period over the mean equity of the period.

    Parameters
    ----------
    period : str
    time : (P,) int64
        First bar of each period.
    turnover : (P,) float64
        Bought plus sold, times equity.
    fees_bps, slippage_bps : (P,) float64
    """

    period: Period
    time: IntArray
    turnover: FloatArray
    fees_bps: FloatArray
    slippage_bps: FloatArray


def activity_of(time_ns: IntArray, equity: FloatArray, fills: pl.DataFrame) -> Activity:
    """Sum the fills of every period.

    Parameters
    ----------
    time_ns, equity : (T,)
        Bar ends, and the book's equity there.
    fills : frame
        ``time`` int64 ns, ``units``, ``price``, ``fee``, ``slippage``.
    """
    period = finest(time_ns, _PERIODS)
    starts = period_starts(time_ns, period)
    row = np.searchsorted(time_ns[starts], fills["time"].cast(pl.Int64).to_numpy(), side="right") - 1
    inside = row >= 0
    whole = means(equity, starts)
    safe = np.where(whole > 0, whole, np.inf)

    def total(values: FloatArray) -> FloatArray:
        return np.bincount(row[inside], weights=values[inside], minlength=len(starts)) / safe

    column = {name: fills[name].cast(pl.Float64).to_numpy() for name in ("units", "price", "fee", "slippage")}
    return Activity(
        period,
        time_ns[starts],
        total(np.abs(column["units"]) * column["price"]),
        total(column["fee"]) * 1e4,
        total(column["slippage"]) * 1e4,
    )
