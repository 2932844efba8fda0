"""Calendar periods of a bar clock: where they end, what an account returned in them, means over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from quantrl.typing import FloatArray, IntArray
from quantrl.units import NS_PER_DAY

Period = Literal["bar", "day", "week", "month", "year"]
_STEPS: tuple[Period, ...] = ("bar", "day", "week", "month", "year")


def period_of(time_ns: IntArray, period: Period) -> IntArray:
    """(T,) int64 number of the UTC calendar period each time lies in; weeks start on Monday."""
    if period == "bar":
        return np.arange(len(time_ns), dtype=np.int64)
    days = time_ns // NS_PER_DAY
    if period == "day":
        return days
    if period == "week":
        return (days + 3) // 7
    unit = "M" if period == "month" else "Y"
    return days.astype("datetime64[D]").astype(f"datetime64[{unit}]").astype(np.int64)


def period_starts(time_ns: IntArray, period: Period) -> IntArray:
    """(P,) rows at which a new period begins; the first is 0."""
    number = period_of(time_ns, period)
    return np.flatnonzero(np.concatenate([[True], number[1:] != number[:-1]]))


def period_ends(time_ns: IntArray, period: Period) -> IntArray:
    """(P,) last row of each period."""
    return np.append(period_starts(time_ns, period)[1:], len(time_ns)) - 1


def finest(time_ns: IntArray, at_most: int) -> Period:
    """The finest period with no more than `at_most` of them in `time_ns`."""
    for period in _STEPS[:-1]:
        if len(period_starts(time_ns, period)) <= at_most:
            return period
    return "year"


def lows(values: FloatArray, starts: IntArray) -> FloatArray:
    """(P,) smallest value of each period."""
    return np.asarray(np.fmin.reduceat(values, starts), dtype=np.float64)


def means(values: FloatArray, starts: IntArray) -> FloatArray:
    """(P, ...) mean of each period along the first axis."""
    counts = np.diff(np.append(starts, len(values))).astype(np.float64)
    sums = np.add.reduceat(values, starts, axis=0)
    return np.asarray(sums / counts.reshape((-1,) + (1,) * (values.ndim - 1)), dtype=np.float64)


@dataclass(frozen=True)
class MonthTable:
    """Returns by calendar month and year.

    Parameters
    ----------
    years : (Y,) list of int
    months : (Y, 12) float64
        Simple returns; NaN where the run has no bar in that month.
    totals : (Y,) float64
        Simple returns of the years.
    """

    years: list[int]
    months: FloatArray
    totals: FloatArray


def month_table(time_ns: IntArray, equity: FloatArray) -> MonthTable:
    """Monthly and yearly simple returns of an account.

    Parameters
    ----------
    time_ns : (T,) int64
        Bar ends.
    equity : (T,) float64
        Equity at the bar ends; the return of the first month starts from the first bar.
    """
    number = period_of(time_ns, "month") + 1970 * 12
    ends = period_ends(time_ns, "month")
    first = int(number[0] // 12)
    months = np.full((int(number[-1] // 12) - first + 1, 12), np.nan)
    months[number[ends] // 12 - first, number[ends] % 12] = _returns(equity, ends)
    year_ends = period_ends(time_ns, "year")
    totals = np.full(len(months), np.nan)
    totals[number[year_ends] // 12 - first] = _returns(equity, year_ends)
    return MonthTable(list(range(first, first + len(months))), months, totals)


def _returns(equity: FloatArray, ends: IntArray) -> FloatArray:
    """Simple returns between consecutive `ends`, the first from row 0; NaN after ruin."""
    before = np.concatenate([equity[:1], equity[ends[:-1]]])
    out = np.full(len(ends), np.nan)
    np.divide(equity[ends], before, out=out, where=before > 0)
    return out - 1.0
