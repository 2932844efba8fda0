"""Intervals from the stationary bootstrap, with joint rows and a seed that is kept."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from quantrl import _core
from quantrl.errors import ConfigError, DataError
from quantrl.metrics._arrays import as_column, as_table, check_finite
from quantrl.metrics._measure import single
from quantrl.metrics._settings import whole
from quantrl.typing import FloatArray

_ALTERNATIVES = ("greater", "two_sided")


@dataclass(frozen=True)
class SharpeDifference:
    """Difference of two annualised Sharpe ratios with a percentile interval.

    Attributes
    ----------
    value, low, high : float
        NaN where either ratio is undefined.
    reason : str
        ``ok``, or why the value is undefined.
    level, block : float
        Coverage, and mean block length in periods.
    draws, seed : int
        Of the bootstrap.
    p_value : float
        Of the bootstrap centred on the null hypothesis; NaN where the difference is undefined.
    """

    value: float
    low: float
    high: float
    reason: str
    level: float
    block: float
    draws: int
    seed: int
    p_value: float = math.nan


def optimal_block(returns: ArrayLike) -> float:
    """Mean block length of the stationary bootstrap, chosen from the autocorrelations.

    Parameters
    ----------
    returns : (T,) float64
        NaN is refused.

    Returns
    -------
    float
        At least 1, and 1 for a constant series.

    References
    ----------
    Politis and White (2004), Automatic block-length selection for the dependent bootstrap, Econometric
    Reviews 23; corrected by Patton, Politis and White (2009), Econometric Reviews 28.
    """
    return _core.optimal_block(as_column(returns))


def intervals(
    returns: ArrayLike,
    *,
    periods_per_year: float,
    level: float = 0.95,
    draws: int = 2000,
    block: float | None = None,
    seed: int = 0,
    stream: int = 0,
    threads: int = 1,
    risk_free: float = 0.0,
) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Percentile intervals of the Sharpe ratio, volatility and compound growth of every column.

    Parameters
    ----------
    returns : (T, K) or (T,) float64
        Simple net returns, T of at least 2. NaN is refused.
    periods_per_year : float
        What annualises.
    level : float
        Coverage, inside (0, 1).
    draws : int
        Bootstrap replicates.
    block : float, optional
        Mean block length; by default the mean over the columns of `optimal_block`.
    seed, stream : int
        Address of the random numbers.
    threads : int
        0 for all cores; the result does not depend on it.
    risk_free : float
        Annual rate.

    Returns
    -------
    dict of str to (low (K,), high (K,))
        Keys ``sharpe``, ``vol``, ``cagr``; NaN where the measure is undefined.

    Raises
    ------
    DataError
        A value is not finite, or there are fewer than 2 periods.
    ConfigError
        A setting is out of range.
    """
    array = as_table(returns)
    check_finite(array)
    _check_level(level)
    made = _core.bootstrap_measures(
        array,
        periods_per_year=float(periods_per_year),
        draws=whole("draws", draws),
        block=_mean_block(array) if block is None else float(block),
        seed=whole("seed", seed),
        stream=whole("stream", stream),
        threads=whole("threads", threads),
        risk_free=float(risk_free),
    )
    return {measure: _percentiles(values, level) for measure, values in made.items()}


def sharpe_difference(
    returns: ArrayLike,
    other: ArrayLike,
    *,
    periods_per_year: float,
    level: float = 0.95,
    draws: int = 2000,
    block: float | None = None,
    seed: int = 0,
    stream: int = 0,
    alternative: str = "greater",
) -> SharpeDifference:
    """Sharpe ratio of `returns` less that of `other`, annualised, by a paired bootstrap.

    Parameters
    ----------
    returns, other : (T,) float64
        Simple net returns of the same periods; both are resampled by the same rows.
    periods_per_year : float
        What annualises.
    level, draws, block, seed, stream
        As in `intervals`.
    alternative : str
        What the p-value is evidence for: ``greater`` (against: the difference is at most 0) or ``two_sided``
        (against: it is 0).

    Raises
    ------
    DataError
        The lengths differ, a value is not finite, or there are fewer than 2 periods.
    ConfigError
        A setting is out of range.

    Notes
    -----
    p = (1 + replicates d* with d* - d >= d) / (1 + replicates), two-sided with absolute values on both sides.

    References
    ----------
    Politis and Romano (1994), The stationary bootstrap, JASA 89. Hall and Wilson (1991), Two guidelines for
    bootstrap hypothesis testing, Biometrics 47.
    """
    first, second = as_column(returns), as_column(other, "other")
    if len(first) != len(second):
        raise DataError(f"other: expected {len(first)} periods as in returns, got {len(second)}")
    check_finite(first)
    check_finite(second, "other")
    _check_level(level)
    if alternative not in _ALTERNATIVES:
        raise ConfigError(f"alternative: expected one of {', '.join(_ALTERNATIVES)}, got {alternative!r}")
    pair = np.column_stack([first, second])
    length = _mean_block(pair) if block is None else float(block)
    made = _core.bootstrap_measures(
        pair,
        periods_per_year=float(periods_per_year),
        draws=whole("draws", draws),
        block=length,
        seed=whole("seed", seed),
        stream=whole("stream", stream),
        threads=1,
    )
    ratios = [single("sharpe", column, periods_per_year) for column in (first, second)]
    reason = next((ratio.reason for ratio in ratios if not ratio.defined), "ok")
    value = ratios[0].value - ratios[1].value
    low = high = p_value = math.nan
    if reason == "ok":
        differences = made["sharpe"][:, :1] - made["sharpe"][:, 1:]
        low, high = (float(bound[0]) for bound in _percentiles(differences, level))
        p_value = _core.centred_p_value(differences[:, 0].copy(), value, alternative == "two_sided")
    return SharpeDifference(
        value, low, high, reason, level, length, whole("draws", draws), whole("seed", seed), p_value
    )


def _check_level(level: float) -> None:
    if not 0.0 < level < 1.0:
        raise ConfigError(f"level: expected a number inside (0, 1), got {level!r}")


def _mean_block(array: FloatArray) -> float:
    return float(np.mean([_core.optimal_block(np.ascontiguousarray(column)) for column in array.T]))


def _percentiles(draws: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """Bounds of each column; replicates without a value are left out."""
    bounds = np.full((2, draws.shape[1]), np.nan)
    for k, column in enumerate(draws.T):
        defined = column[np.isfinite(column)]
        if defined.size:
            bounds[:, k] = np.quantile(defined, [(1.0 - level) / 2, (1.0 + level) / 2])
    return bounds[0], bounds[1]
