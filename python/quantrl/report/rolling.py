"""Rolling measures for a chart; the measures of record are those of ``report.json``."""

from __future__ import annotations

import numpy as np

from quantrl.typing import FloatArray


def simple_returns(equity: FloatArray) -> FloatArray:
    """(T - 1,) simple returns; NaN where an end is unknown or the start is not positive."""
    out = np.full(len(equity) - 1, np.nan)
    known = np.isfinite(equity)
    usable = known[:-1] & known[1:]
    usable[usable] &= equity[:-1][usable] > 0
    np.divide(equity[1:], equity[:-1], out=out, where=usable)
    return out - 1.0


def rolling_sharpe(equity: FloatArray, window: int, periods_per_year: float) -> FloatArray:
    """Annualised Sharpe ratio of the last `window` returns.

    Parameters
    ----------
    equity : (T,) float64
    window : int
        Number of returns, at least 2.
    periods_per_year : float

    Returns
    -------
    (T,) float64
        NaN before the window is full, where it holds an unknown return, or where the returns do not vary.
    """
    mean, sd, out = _moments(equity, window)
    ratio = np.full(len(mean), np.nan)
    usable = np.isfinite(sd)
    usable[usable] &= sd[usable] > 1e-12
    np.divide(mean, sd, out=ratio, where=usable)
    out[window:] = ratio * np.sqrt(periods_per_year)
    return out


def rolling_vol(equity: FloatArray, window: int, periods_per_year: float) -> FloatArray:
    """(T,) annualised standard deviation of the last `window` returns, NaN before it is full; as `rolling_sharpe`."""
    _, sd, out = _moments(equity, window)
    out[window:] = sd * np.sqrt(periods_per_year)
    return out


def _moments(equity: FloatArray, window: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean and deviation of every full window, and (T,) NaN to put what is made of them in."""
    returns, out = simple_returns(equity), np.full(len(equity), np.nan)
    if len(returns) < window:
        return np.empty(0), np.empty(0), out
    windows = np.lib.stride_tricks.sliding_window_view(returns, window)
    return windows.mean(axis=1), windows.std(axis=1, ddof=1), out
