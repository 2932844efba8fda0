"""Weights after cost in plain NumPy, one bar after the other: what the fully invested row must agree with."""

from __future__ import annotations

import numpy as np

from quantrl.typing import FloatArray

_ROUNDS = 12


def curve(close: FloatArray, weights: FloatArray, rate: float, initial_cash: float) -> FloatArray:
    """Equity of an account that sets `weights` of the equity after a proportional cost at every close.

    Parameters
    ----------
    close, weights : (T, N) float64
    rate : float
        Cost over value traded. The budget b = E - rate sum |w b - v| is iterated; each round leaves `rate` times the error.
    initial_cash : float

    Returns
    -------
    (T,) float64
    """
    cash, units = initial_cash, np.zeros(close.shape[1])
    equity = np.empty(len(close))
    for t, (price, w) in enumerate(zip(close, weights, strict=True)):
        held = units * price
        before = budget = cash + float(held.sum())
        for _ in range(_ROUNDS):
            budget = before - rate * float(np.abs(w * budget - held).sum())
        units, cash = w * budget / price, budget * (1.0 - float(w.sum()))
        equity[t] = cash + float((units * price).sum())
    return equity
