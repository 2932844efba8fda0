"""Panels an agent may meet: ordinary ones and those with gaps, halts, jumps and prices that stand still."""

from __future__ import annotations

import numpy as np

from quantrl.data import Panel
from quantrl.units import NS_PER_DAY

BARS = 840


def panel_of(close: np.ndarray) -> Panel:
    time = NS_PER_DAY * np.arange(1, len(close) + 1, dtype=np.int64)
    return Panel.from_arrays({"close": close}, time, [f"N{i}" for i in range(close.shape[1])])


def closes(names: int = 6, bars: int = BARS) -> np.ndarray:
    random = np.random.default_rng(11)
    returns = random.normal(0.0004, 0.012, (bars, names)) + random.normal(0, 0.008, (bars, 1))
    return 50.0 * np.exp(np.cumsum(returns, axis=0))


def _with_gaps() -> np.ndarray:
    """One name listed late, one delisted, one missing now and then, one never there."""
    close = closes()
    close[:400, 0] = np.nan
    close[700:, 1] = np.nan
    close[::97, 2] = np.nan
    close[:, 3] = np.nan
    return close


def _halted() -> np.ndarray:
    """Whole bars without a price, among them asked ones."""
    close = closes()
    close[[99, 104, 105, 524, 525, 700, 776, 839]] = np.nan
    return close


def _one_still() -> np.ndarray:
    close = closes()
    close[:, 2] = 17.3
    return close


def _jumps() -> np.ndarray:
    close = closes()
    close[500:, 0] *= 1e6
    close[600:, 1] *= 1e-6
    close[770:774, 2] *= 1e6
    return close


PANELS = {
    "ordinary": closes(),
    "one name": closes(1),
    "late, delisted and missing names": _with_gaps(),
    "halted market": _halted(),
    "constant prices": np.full((BARS, 4), 12.7),
    "equal names": np.repeat(closes(1), 4, axis=1),
    "one name stands still": _one_still(),
    "extreme jumps": _jumps(),
    "steady growth": 10.0 * 1.001 ** np.arange(BARS)[:, None] * np.ones((1, 3)),
}
