"""Covariance of returns, shrunk so that it is well conditioned and can always be inverted."""

from __future__ import annotations

import numpy as np

from quantrl.typing import FloatArray

_LEAST_SHRINKAGE = 0.01


def shrunk_covariance(returns: FloatArray) -> FloatArray:
    """Sample covariance moved towards a multiple of the identity, by the intensity of Ledoit and Wolf.

    Parameters
    ----------
    returns : (t, n) float64
        No NaN; at least one column that moves.

    Returns
    -------
    (n, n) float64
        Symmetric, positive definite.

    Notes
    -----
    With S the sample covariance (divisor t) and m its mean variance, the squared distance d2 = |S - mI|^2
    splits into what is structure and what is noise b2 = mean over bars of |xx' - S|^2 / t; the noise share b2
    / d2 goes to mI. Since |xx'|^2 = (x'x)^2, b2 needs no matrix per bar. At least one per cent is always
    shrunk: copies of a name, or fewer bars than names, leave the matrix invertible. O(t n^2), without the
    linear algebra library, whose sums depend on its number of threads.

    References
    ----------
    Ledoit and Wolf (2004), A well-conditioned estimator for large-dimensional covariance matrices, J.
    Multivariate Analysis 88(2).
    """
    bars, names = returns.shape
    centred = np.ascontiguousarray((returns - returns.sum(axis=0) / bars).T)
    sample = np.einsum("it,jt->ij", centred, centred) / bars
    level = float(np.trace(sample)) / names
    energy = float(np.einsum("ij,ij->", sample, sample))
    distance = energy - names * level**2
    squares = (centred * centred).sum(axis=0)
    noise = (float((squares * squares).sum()) / bars - energy) / bars
    share = 1.0 if distance <= 0 else min(max(noise / distance, _LEAST_SHRINKAGE), 1.0)
    shrunk: FloatArray = (1.0 - share) * sample
    shrunk.flat[:: names + 1] += share * level
    return shrunk
