"""First stocks: which a training meets, which one is deployed, and what the tail of sessions is worth."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from quantrl.envs import PairConfig
from quantrl.errors import DataError
from quantrl.typing import FloatArray

POINTS = 16
TAIL = 0.1
"""tau: share of the worst sessions that the conditional value at risk is a mean of."""
SPAN = (0.01, 0.99)
_SHOWN = 4.0


def first_stocks(pnl: ArrayLike) -> FloatArray:
    """(16,) first stocks evenly spaced over the 1 to 99 % range of a pilot's session P&L, mirrored.

    A stock of -q asks for the P&L q: below it the tail begins.

    Parameters
    ----------
    pnl : (n,) float64
        P&L of whole sessions, U; at least 2, all finite.

    Raises
    ------
    DataError
        Fewer, or one that is not finite.
    """
    low, high = np.quantile(_checked(pnl), SPAN)
    return np.linspace(-high, -low, POINTS)


def points_of(pair: PairConfig) -> FloatArray:
    """(16,) the first stocks that a pair of objective ``cvar`` is trained from."""
    low, high = pair.stock or (0.0, 0.0)
    return np.linspace(low, high, POINTS)


def stock_unit(first: FloatArray) -> float:
    """U that 1 of an observation counts: a stock that began within `first` and earned what the pilot did is within 4.

    Beyond 5 it is clipped, where no quantile, or every one, falls short anyway.
    """
    return max(float(first[-1] - first[0]) / _SHOWN, 1e-3)


def cvar(pnl: ArrayLike, tau: float = TAIL) -> float:
    """Mean of the worst share `tau` of equally likely outcomes, the last of them counted in part.

    References
    ----------
    Rockafellar and Uryasev (2002), Conditional value-at-risk for general loss distributions, J. Banking & Finance 26(7),
    proposition 8.
    """
    ordered = np.sort(_checked(pnl))
    whole = tau * len(ordered)
    weights = np.clip(whole - np.arange(len(ordered)), 0.0, 1.0)
    return float(weights @ ordered / whole)


def deployed(first: ArrayLike, pnl: ArrayLike, tau: float = TAIL) -> tuple[int, FloatArray]:
    """The place of the first stock to deploy, the earlier of a tie, and what each is worth.

    Parameters
    ----------
    first : (K,) float64
        First stocks c, U.
    pnl : (K, n) float64
        P&L G of sessions that began with each, on the same paths.
    tau : float

    Returns
    -------
    place : int
    worth : (K,) float64
        -c + E[min(c + G, 0)] / tau: at most the conditional value at risk of G, and equal to it at the best c.

    References
    ----------
    Rockafellar and Uryasev (2000), Optimization of conditional value-at-risk, J. Risk 2(3), theorem 1.
    """
    stocks = np.asarray(first, dtype=np.float64)
    short = np.minimum(stocks[:, None] + np.asarray(pnl, dtype=np.float64), 0.0).mean(axis=1)
    worth = short / tau - stocks
    return int(worth.argmax()), worth


def _checked(pnl: ArrayLike) -> FloatArray:
    found = np.asarray(pnl, dtype=np.float64).ravel()
    if len(found) < 2 or not np.isfinite(found).all():
        raise DataError(f"pnl: expected at least 2 finite sessions, got {len(found)}")
    return found
