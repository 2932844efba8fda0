"""Many agents' targets, one order."""

from __future__ import annotations

import numpy as np

from quantrl.typing import FloatArray


def net(
    shares: FloatArray, scales: FloatArray, weights: FloatArray, max_gross: float = 1.0
) -> tuple[FloatArray, FloatArray]:
    """Join the targets of agents into one; leading dimensions, such as time and book, are walked together.

    Parameters
    ----------
    shares : (..., A) float64
        Capital shares.
    scales : (..., A) float64
        Factors to the target volatility.
    weights : (..., A, N) float64
        What each agent wants to hold; where it keeps what it has, what that is worth now.
    max_gross : float
        Limit on the sum over agents of share, scale and exposure; one factor shrinks all of them alike.

    Returns
    -------
    target : (..., N) float64
        Weights; complete, the rest is cash.
    factor : (...) float64
        What capital times scale was multiplied by to respect the limit; 1 = not at all.

    Notes
    -----
    O(A N), summed agent by agent in fixed order, not by BLAS: the bits do not depend on the machine.
    """
    target = np.einsum("...a,...an->...n", shares * scales, weights)
    gross = target.sum(axis=-1)
    factor = max_gross / np.maximum(gross, max_gross)
    return target * factor[..., None], factor


def traded_apart(
    sleeves: FloatArray, earlier: FloatArray, target: FloatArray, held: FloatArray
) -> tuple[float, float]:
    """What agents would trade in accounts of their own, and what their netted book trades; fractions of equity.

    Parameters
    ----------
    sleeves : (A, N) float64
        What each agent's capital is to hold now; their sum is the new target.
    earlier : (A, N) float64
        The same at the last decision.
    target : (N,) float64
        The book's target at the last decision: the sum of `earlier`.
    held : (N,) float64
        What the book holds of it now. Every sleeve drifted as the book's position in the name did.
    """
    drift = np.divide(held, target, out=np.zeros_like(held), where=target > 0.0)
    apart = np.abs(sleeves - earlier * drift).sum()
    return float(apart), float(np.abs(sleeves.sum(axis=0) - held).sum())
