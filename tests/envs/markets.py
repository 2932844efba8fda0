"""Small panels for tests of environments."""

from __future__ import annotations

import numpy as np

from quantrl.data import Panel
from quantrl.rng import generator
from quantrl.units import NS_PER_DAY


def random_panel(rows: int = 600, names: int = 4, *, seed: int = 3, opens: bool = True) -> Panel:
    """Random-walk bars; the open lies between two closes."""
    random = generator(seed, 0, "check")
    close = 50.0 * np.exp(np.cumsum(random.normal(3e-4, 0.012, (rows, names)), axis=0))
    columns = {"close": close}
    if opens:
        before = np.vstack((close[:1], close[:-1]))
        columns["open"] = before * np.exp(random.normal(0.0, 0.004, (rows, names)))
        columns["high"] = np.maximum(close, columns["open"]) * 1.002
        columns["low"] = np.minimum(close, columns["open"]) * 0.998
    return panel_of(columns)


def panel_of(columns: dict[str, np.ndarray]) -> Panel:
    """Daily bars of any columns."""
    rows, names = columns["close"].shape
    time = NS_PER_DAY * np.arange(1, rows + 1, dtype=np.int64)
    return Panel.from_arrays(columns, time, [f"N{i}" for i in range(names)], periods_per_year=252.0)


def random_actions(shape: tuple[int, ...], seed: int = 5) -> np.ndarray:
    """Uniform in [-1, 1]."""
    return generator(seed, 1, "check").uniform(-1.0, 1.0, shape).astype(np.float32)
