"""Numbers a rule looks at, one per instrument; NaN where the history has a gap or they would be noise."""

from __future__ import annotations

import numpy as np

from quantrl.typing import FloatArray

TIE = 1e-12
"""Relative differences below this are rounding noise: no cross, no excess, no trend."""

STILL = 1e-8
"""A price whose returns spread by less than this a bar does not move: it is halted, stale or made up."""


def growth(start: FloatArray, end: FloatArray) -> FloatArray:
    """Simple return (n,) from one row of prices to another."""
    return end / start - 1.0


def volatility(returns: FloatArray) -> FloatArray:
    """Standard deviation (n,) a bar, ddof 1, of returns (t, n); NaN for a price that does not move."""
    centred = returns - returns.sum(axis=0) / len(returns)
    spread: FloatArray = np.sqrt(np.einsum("ij,ij->j", centred, centred) / (len(returns) - 1))
    spread[spread <= STILL] = np.nan
    return spread


def mean_and_spread(prices: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean (n,) and standard deviation (n,), ddof 1, of prices (t, n); the latter NaN for a still price."""
    mean = prices.sum(axis=0) / len(prices)
    centred = prices - mean
    spread = np.sqrt(np.einsum("ij,ij->j", centred, centred) / (len(prices) - 1))
    spread[spread <= STILL * mean] = np.nan
    return mean, spread


def mean_over_spread(values: FloatArray) -> FloatArray:
    """Mean over standard deviation (n,), ddof 1, of values (t, n); NaN for a column that does not move."""
    ratio: FloatArray = values.sum(axis=0) / len(values) / volatility(values)
    return ratio
