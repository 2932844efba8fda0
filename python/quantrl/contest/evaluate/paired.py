"""Two runs over the same days: differences of their books, of shares and of rates, days drawn together."""

from __future__ import annotations

import math

import numpy as np

from quantrl.contest.evaluate.accounts import TOO_SHORT
from quantrl.contest.evaluate.gap import Gap, gap, no_gap
from quantrl.contest.evaluate.resample import Resample
from quantrl.contest.evaluate.tables import Tables
from quantrl.errors import DataError
from quantrl.metrics import table
from quantrl.typing import FloatArray

_MIN_DAYS = 3


def same_days(base: Tables, other: Tables, name: str) -> None:
    """Refuse runs that cannot be paired.

    Raises
    ------
    DataError
        Their days differ.
    """
    if not np.array_equal(base.days, other.days):
        raise DataError(
            f"{name}: expected the {base.n_days} days of {base.folder}, got {other.n_days} days in {other.folder}"
        )


def sharpe_gap(
    returns: FloatArray, others: FloatArray, *, periods_per_year: float, resample: Resample | None
) -> Gap:
    """Annualised Sharpe ratio of (T,) returns less the mean ratio of (T, S) others; S seeds count as one.

    `resample` draws the T days; None stands for too few of them.
    """
    if resample is None or len(returns) < _MIN_DAYS:
        return no_gap(TOO_SHORT)
    both = np.column_stack([returns, others])
    values = table(both, periods_per_year=periods_per_year, measures=["sharpe"])["sharpe"]
    rest = values[1:][np.isfinite(values[1:])]
    if not len(rest) or not math.isfinite(values[0]):
        return no_gap("one of the books does not vary")
    draws, _ = resample.sharpe_cagr(both, periods_per_year)
    return gap(float(values[0] - rest.mean()), draws[:, 0] - _row_means(draws[:, 1:]))


def rate_gap(
    hits: FloatArray,
    counts: FloatArray,
    base_hits: FloatArray,
    base_counts: FloatArray,
    resample: Resample | None,
) -> Gap:
    """Share of hits less another share of hits, each (T,) by day and pooled over the days drawn."""
    total, base_total = counts.sum(), base_counts.sum()
    if resample is None or not total or not base_total:
        return no_gap(TOO_SHORT if resample is None else "nothing was counted")
    value = float(hits.sum() / total - base_hits.sum() / base_total)
    drawn = resample.means(np.column_stack([hits, counts, base_hits, base_counts]))
    usable = (drawn[:, 1] > 0) & (drawn[:, 3] > 0)
    kept = drawn[usable]
    return gap(value, kept[:, 0] / kept[:, 1] - kept[:, 2] / kept[:, 3])


def rate(hits: FloatArray, counts: FloatArray, resample: Resample | None) -> Gap:
    """A share of hits with the interval of its days; its p-value is against a share of 0 and of no use."""
    if resample is None or not counts.sum():
        return no_gap(TOO_SHORT if resample is None else "nothing was counted")
    drawn = resample.means(np.column_stack([hits, counts]))
    kept = drawn[drawn[:, 1] > 0]
    return gap(float(hits.sum() / counts.sum()), kept[:, 0] / kept[:, 1])


def drawing(n_days: int, seed: int) -> Resample | None:
    """The bootstrap of so many days; None with fewer than 3."""
    return Resample(n_days, seed=seed) if n_days >= _MIN_DAYS else None


def _row_means(draws: FloatArray) -> FloatArray:
    known = np.isfinite(draws)
    count = known.sum(axis=1)
    return np.where(count > 0, np.where(known, draws, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)
