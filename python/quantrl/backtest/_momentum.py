"""The portfolio family of a sweep: the strongest names, held in equal parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quantrl.backtest.schedule import Schedule
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray

if TYPE_CHECKING:
    from quantrl.data import Panel


def momentum_topk(
    panel: Panel | FloatArray, *, lookback: int, skip: int = 0, k: int = 5, every: int = 21
) -> Schedule:
    """Weights 1/k in the `k` names whose price grew most from `lookback` to `skip` bars ago.

    Parameters
    ----------
    panel : Panel or (T, N) float64
        An array holds closes.
    lookback, skip : int
        Bars back; skip < lookback < T.
    k : int
        Names held; with fewer that have prices, the rest stays cash. Of equals the first column is taken.
    every : int
        Bars between decisions, the first after bar `lookback`.

    Raises
    ------
    ConfigError
        A value out of range.

    References
    ----------
    Jegadeesh and Titman (1993), Returns to buying winners and selling losers, J. Finance 48(1).
    """
    close = panel if isinstance(panel, np.ndarray) else panel["close"]
    bars, n = close.shape
    for name, value, low, high in (
        ("lookback", lookback, 1, bars - 1),
        ("skip", skip, 0, lookback - 1),
        ("k", k, 1, n),
        ("every", every, 1, bars),
    ):
        if isinstance(value, bool) or int(value) != value or not low <= value <= high:
            raise ConfigError(f"{name}: expected a whole number from {low} to {high}, got {value!r}")
    rows = np.arange(int(lookback), bars, int(every), dtype=np.int64)
    growth = close[rows - int(skip)] / close[rows - int(lookback)]
    growth = np.where(np.isnan(close[rows]) | np.isnan(growth), -np.inf, growth)
    best = np.argsort(-growth, axis=1, kind="stable")[:, : int(k)]
    weights = np.zeros((len(rows), n))
    chosen = np.isfinite(np.take_along_axis(growth, best, axis=1))
    np.put_along_axis(weights, best, np.where(chosen, 1.0 / k, 0.0), axis=1)
    return Schedule(rows, weights)
