"""Equal risk contributions by a fixed-point iteration without a linear system."""

from __future__ import annotations

import numpy as np

from quantrl.typing import FloatArray

_TOLERANCE = 1e-10
_MOST_STEPS = 2_000


def equal_risk(covariance: FloatArray) -> FloatArray:
    """Sizes (n,), all positive, for which every x_i (Cx)_i is one.

    Parameters
    ----------
    covariance : (n, n) float64
        Symmetric, positive definite.

    Notes
    -----
    They are the only minimum of f(x) = x'Cx/2 - sum(log x), whose gradient is Cx - 1/x. With D the diagonal
    of the absolute row sums, D - C is positive semidefinite, so replacing the curvature of x'Cx/2 by D bounds
    f from above and touches it at the present x. The minimum of that bound is the positive root of a
    quadratic for each name, and f falls at every step until the gradient is zero. Scaling by the volatilities
    first makes the steps few (about 30 for stocks, whatever n); the limit on their number guards against
    rounding.

    References
    ----------
    Spinu (2013), An algorithm for computing risk parity weights, SSRN 2297383 (for f); Hunter and Lange
    (2004), A tutorial on MM algorithms, American Statistician 58(1) (for the bound).
    """
    scale = np.sqrt(covariance.diagonal())
    correlation = covariance / (scale[:, None] * scale)
    bound = np.abs(correlation).sum(axis=1)
    x = np.full(len(scale), np.sqrt(len(scale) / correlation.sum()))
    for _ in range(_MOST_STEPS):
        marginal = np.einsum("ij,j->i", correlation, x)
        if np.abs(x * marginal - 1.0).max() <= _TOLERANCE:
            break
        pull = bound * x - marginal
        x = (pull + np.sqrt(pull * pull + 4.0 * bound)) / (2.0 * bound)
    return np.asarray(x / scale)
