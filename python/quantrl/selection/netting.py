"""Many agents' targets, one order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantrl.typing import FloatArray


@dataclass(frozen=True)
class Netted:
    """Targets of B books and how they came about.

    Attributes
    ----------
    targets : (B, N) float64
        Weights; complete, the rest is cash.
    factors : (B,) float64
        What capital times scale was multiplied by so that gross exposure stays within the limit; 1 = not at all.
    """

    targets: FloatArray
    factors: FloatArray


def net(shares: FloatArray, scales: FloatArray, weights: FloatArray, max_gross: float = 1.0) -> Netted:
    """Join the targets of agents into one per book.

    Parameters
    ----------
    shares : (B, A) float64
        Capital shares in each book.
    scales : (B, A) or (A,) float64
        Factors to the target volatility.
    weights : (A, N) float64
        What each agent wants to hold; where it keeps what it has, what that is worth now.
    max_gross : float
        Limit on the sum over agents of share, scale and exposure; one factor shrinks all of them alike.

    Notes
    -----
    O(B A N), summed agent by agent in fixed order, not by BLAS: the bits do not depend on the machine.
    """
    capital = shares * scales
    gross = np.einsum("ba,an->b", capital, weights)
    factors = np.divide(max_gross, gross, out=np.ones_like(gross), where=gross > max_gross)
    return Netted(np.einsum("ba,an->bn", capital * factors[:, None], weights), factors)
