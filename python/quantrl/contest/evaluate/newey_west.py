"""The t-statistic of a mean whose terms overlap."""

from __future__ import annotations

import math

import numpy as np

from quantrl.errors import ConfigError
from quantrl.typing import FloatArray


def newey_west_t(series: FloatArray, lag: int) -> float:
    """Mean over its Newey-West standard error.

    Parameters
    ----------
    series : (T,) float64
        In time order; NaN are left out, as if the days around were neighbours.
    lag : int
        Bartlett weights 1 - j / (lag + 1) for j up to here; cut to T - 1.

    Returns
    -------
    float
        NaN with fewer than 2 values, or where the long-run variance is not above 0.

    Raises
    ------
    ConfigError
        `lag` below 0.

    References
    ----------
    Newey and West (1987), Econometrica 55; no small-sample factor.
    """
    if lag < 0:
        raise ConfigError(f"lag: expected 0 or more, got {lag}")
    x = series[~np.isnan(series)]
    n = len(x)
    if n < 2:
        return math.nan
    off = x - x.mean()
    variance = float(off @ off)
    floor = 1e-24 * float(x @ x)
    for j in range(1, min(lag, n - 1) + 1):
        variance += 2.0 * (1.0 - j / (lag + 1.0)) * float(off[j:] @ off[:-j])
    return float(x.mean()) * n / math.sqrt(variance) if variance > floor else math.nan


def naive_t(series: FloatArray) -> float:
    """Mean over deviation times root T, as if days were independent: printed beside, to show what overlap adds."""
    x = series[~np.isnan(series)]
    if len(x) < 2:
        return math.nan
    sd = float(x.std(ddof=1))
    return float(x.mean()) / sd * math.sqrt(len(x)) if sd > 0 else math.nan


def automatic_lag(n_dates: int, horizon: int) -> int:
    """max(horizon, floor(4 (T / 100)^(2/9)))."""
    return max(horizon, math.floor(4.0 * math.pow(n_dates / 100.0, 2.0 / 9.0)))
