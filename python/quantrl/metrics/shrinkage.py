"""What is left of noisy scores, and of a record that turns bad."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from quantrl import _core
from quantrl.errors import ConfigError, DataError
from quantrl.metrics._arrays import as_column, as_table, check_finite
from quantrl.typing import FloatArray


def eb_shrink(scores: ArrayLike, variances: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Pull noisy scores to their mean as far as chance explains their spread.

    Parameters
    ----------
    scores : (A,) float64
        One estimate per agent.
    variances : (A,) float64
        Of the estimates, not negative.

    Returns
    -------
    mean, sd : (A,) float64
        Posterior under a normal prior whose variance is the spread of the scores less the mean variance, at least 1e-6.

    Raises
    ------
    DataError
        Lengths differ, or a number is not finite or a variance negative.

    References
    ----------
    Efron and Morris (1973), Stein's estimation rule and its competitors: an empirical Bayes approach, JASA 68.
    """
    s, v = as_column(scores, "scores"), as_column(variances, "variances")
    if (v < 0).any():
        row = int((v < 0).argmax())
        raise DataError(f"variances: expected none below 0, row {row} is {v[row]}")
    return _core.shrink(s, v)


def cusum(returns: ArrayLike, *, sigma: float) -> FloatArray:
    """Cumulative losses in standard deviations, forgotten at zero: high where an agent has turned bad.

    Parameters
    ----------
    returns : (T, K) float64
        In order of time; one series may come as (T,).
    sigma : float
        Target standard deviation per period, positive.

    Returns
    -------
    (T, K) float64
        ``C = max(0, C - clip(r / sigma, -4, 4))`` after every period, from 0.

    Raises
    ------
    DataError
        A return is not finite.
    ConfigError
        `sigma` is not positive.

    References
    ----------
    Page (1954), Continuous inspection schemes, Biometrika 41.
    """
    table = as_table(returns)
    check_finite(table)
    if not 0 < sigma < np.inf:
        raise ConfigError(f"sigma: expected a positive number, got {sigma!r}")
    found, sums = np.empty_like(table), np.zeros(table.shape[1])
    for t, row in enumerate(table):
        found[t] = sums = _core.cusum_step(sums, np.ascontiguousarray(row), float(sigma))
    return found
