"""The part of a contest that counts, and returns at the same volatility."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quantrl.errors import ConfigError
from quantrl.selection._accounts import Accounts
from quantrl.selection._book import CASH, COST, EQUITY, FILL_EQUITY, TRADED
from quantrl.selection.score._record import VOL_FLOOR
from quantrl.typing import FloatArray

if TYPE_CHECKING:
    from quantrl.selection._result import ContestResult

WARM_UP = 252
"""Bars in which histories fill and agents become ready; nothing of them is counted."""
LEAST = 252
"""Bars that must be left to count: no claim is made on fewer."""
_MONEY = [EQUITY, CASH, COST, TRADED, FILL_EQUITY]
_ROWS, _ENOUGH, _START_VOL, _MOST = 63, 5, 0.20, 10.0


def counted(result: ContestResult) -> Accounts:
    """Every book (``book:<name>``) and shadow account (``agent:<label>``) from bar `WARM_UP` on, restarted there.

    Raises
    ------
    ConfigError
        Fewer than `LEAST` bars are left.
    """
    if result.n_bars < WARM_UP + LEAST:
        raise ConfigError(
            f"{result.panel.name}: expected at least {WARM_UP + LEAST} bars, {WARM_UP} of them to start, got {result.n_bars}"
        )
    whole = result.accounts
    history = whole.history[WARM_UP:].copy()
    start = whole.history[WARM_UP - 1, :, EQUITY]
    history[:, :, _MONEY] *= (whole.initial_cash / start)[:, None]
    return Accounts(
        whole.names,
        history,
        whole.initial_cash,
        whole.periods_per_year,
        seed=whole.seed,
        threads=whole.threads,
    )


def at_target(returns: FloatArray, *, target_vol: float, periods_per_year: float) -> FloatArray:
    """Returns times target volatility over their own, as the selection layer scales agents.

    Parameters
    ----------
    returns : (T, K) float64
    target_vol : float
        Annual.
    periods_per_year : float

    Returns
    -------
    (T, K) float64
        Scaled by the root mean square of at most 63 earlier rows, 20 % a year where there are fewer than 5, at least
        2 % a year; at most tenfold.
    """
    annual = np.sqrt(periods_per_year)
    sums = np.concatenate([np.zeros((1, returns.shape[1])), np.cumsum(returns**2, axis=0)])
    last = np.arange(len(returns))
    first = np.maximum(last - _ROWS, 0)
    rows = np.maximum(last - first, 1)[:, None]
    square = np.maximum(sums[last] - sums[first], 0.0) / rows
    own = np.where((last >= _ENOUGH)[:, None], np.sqrt(square), _START_VOL / annual)
    factor = np.minimum(_MOST, target_vol / annual / np.maximum(own, VOL_FLOOR / annual))
    scaled: FloatArray = returns * factor
    return scaled
