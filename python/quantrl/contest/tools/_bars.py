"""Measures over the newest bars of a view. They rest on returns alone: levels adjusted backwards know the future."""

from __future__ import annotations

import numpy as np

from quantrl.contest.view import ContestView
from quantrl.data.view import View
from quantrl.typing import BoolArray, FloatArray

MONTH = 20
MEASURES = ("momentum_5", "momentum_20", "reversal_1", "volatility")


def measures(view: View) -> dict[str, FloatArray]:
    """Name to (N,) fractions, NaN where a close is missing or too few bars have ended.

    ``momentum_k`` is the return of the last k bars, ``reversal_1`` the last bar's with its sign turned, ``volatility`` the
    standard deviation (ddof 1) of the last 20 daily returns.
    """
    return {
        "momentum_5": change(view, 5),
        "momentum_20": change(view, MONTH),
        "reversal_1": -change(view, 1),
        "volatility": volatility(view, MONTH),
    }


def change(view: View, bars: int) -> FloatArray:
    """(N,) return over the newest `bars` bars."""
    if view.n <= bars:
        return np.full(view.n_instruments, np.nan)
    close = view.window("close", bars + 1)
    moved: FloatArray = close[-1] / close[0] - 1.0
    return moved


def volatility(view: View, bars: int) -> FloatArray:
    """(N,) standard deviation (ddof 1) of the newest `bars` returns."""
    if view.n <= bars:
        return np.full(view.n_instruments, np.nan)
    spread: FloatArray = view.returns(bars).std(axis=0, ddof=1)
    return spread


def tradable_now(view: View) -> BoolArray:
    """(N,) bool: the newest bar can be traded and belongs to the universe."""
    if view.n == 0:
        return np.zeros(view.n_instruments, dtype=np.bool_)
    now: BoolArray = view.tradable[-1] & view.member[-1]
    return now


def documents_by_symbol(view: ContestView, after: int) -> dict[str, int]:
    """How many documents available after this time bear each symbol."""
    counts: dict[str, int] = {}
    for document in view.documents.window(after):
        for symbol in document.symbols:
            counts[symbol] = counts.get(symbol, 0) + 1
    return counts


def percent(value: float, digits: int = 2) -> float | None:
    """A fraction in percent, rounded; None where it is undefined."""
    return round(100.0 * float(value), digits) + 0.0 if np.isfinite(value) else None
