"""How many independent series many correlated ones amount to."""

from __future__ import annotations

from numpy.typing import ArrayLike

from quantrl import _core
from quantrl.metrics._arrays import as_table
from quantrl.typing import FloatArray

MOST_BY_SPECTRUM = 200
"""Columns up to which the number is the exponential of the spectrum's entropy; above, its participation ratio."""


def effective_number(returns: ArrayLike) -> float:
    """Number of independent columns with as much variety as these.

    Parameters
    ----------
    returns : (T, K) float64
        Simple returns, T of at least 2, K of at most 4,096. NaN is refused. Columns that do not vary are left out.

    Returns
    -------
    float in [1, K], or NaN
        NaN where no column varies.

    Raises
    ------
    DataError
        A value is not finite, there are too few periods or too many columns.

    Notes
    -----
    With p the eigenvalues over their sum of the Ledoit-Wolf correlation: exp(-sum p ln p) for K of at most
    `MOST_BY_SPECTRUM`, and 1 / sum p^2 above, which needs no eigenvalues and is never larger. O(T K^2 + K^3).

    References
    ----------
    Roy and Vetterli (2007), The effective rank, EUSIPCO. Ledoit and Wolf (2004), A well-conditioned estimator for
    large-dimensional covariance matrices, J. Multivariate Analysis 88(2).
    """
    table: FloatArray = as_table(returns)
    return _core.effective_number(table)
