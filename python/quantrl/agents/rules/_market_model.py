"""Regression of every return on the market, where the market is the equal-weighted mean of the universe."""

from __future__ import annotations

import numpy as np

from quantrl.agents.rules._indicators import STILL
from quantrl.typing import FloatArray


def market_model(returns: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Ordinary least squares of each column on the mean of the complete columns.

    Parameters
    ----------
    returns : (t, n) float64
        A column with a NaN is left out of the market and gets NaN.

    Returns
    -------
    beta : (n,) float64
        NaN throughout if the market does not move.
    residuals : (t, n) float64
        What the market does not explain; each column sums to zero.
    """
    complete = np.isfinite(returns.sum(axis=0))
    if not complete.any():
        return np.full(returns.shape[1], np.nan), np.full(returns.shape, np.nan)
    market = returns[:, complete].mean(axis=1)
    market -= market.mean()
    energy = float((market * market).sum())
    if energy <= len(market) * STILL**2:
        return np.full(returns.shape[1], np.nan), np.full(returns.shape, np.nan)
    beta = np.einsum("t,tn->n", market, returns) / energy
    return beta, returns - returns.sum(axis=0) / len(returns) - np.outer(market, beta)
