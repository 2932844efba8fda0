"""Small random markets and decisions for the tests of this folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from quantrl.backtest import Costs
from quantrl.data import Panel
from quantrl.typing import FloatArray
from quantrl.units import NS_PER_DAY

FILLS = ("next_open", "next_typical", "next_close", "close")
SIZINGS = ("post_cost", "pre_cost", "first_order")


def columns(seed: int, n_bars: int = 40, n: int = 5, *, missing: float = 0.0) -> dict[str, FloatArray]:
    """Random open, high, low, close; `missing` is the share of cells without any price."""
    rng = np.random.default_rng(seed)
    close = 20.0 * np.exp(np.cumsum(rng.normal(0.0, 0.03, (n_bars, n)), axis=0))
    open_ = close * np.exp(rng.normal(0.0, 0.01, close.shape))
    high = np.maximum(open_, close) * (1.0 + rng.uniform(0.0, 0.02, close.shape))
    low = np.minimum(open_, close) * (1.0 - rng.uniform(0.0, 0.02, close.shape))
    gone = rng.random(close.shape) < missing
    bars = {"open": open_, "high": high, "low": low, "close": close}
    return {name: np.where(gone, np.nan, prices) for name, prices in bars.items()}


def panel_of(bars: dict[str, FloatArray], *, periods_per_year: float | None = 252.0) -> Panel:
    """Daily panel of columns."""
    n_bars, n = bars["close"].shape
    time = (np.arange(n_bars, dtype=np.int64) + 18_000) * NS_PER_DAY
    return Panel.from_arrays(bars, time, [f"N{i}" for i in range(n)], periods_per_year=periods_per_year)


def decisions(seed: int, n_bars: int, n: int, *, hold: float = 0.3, silent: float = 0.2) -> FloatArray:
    """Random target weights: rows sum to at most 1, with held names, closed names and rows of no decision."""
    rng = np.random.default_rng([seed, 1])
    weights = rng.dirichlet(np.full(n, 0.7), n_bars) * rng.choice([0.3, 0.9, 0.98, 1.0], (n_bars, 1))
    weights[rng.random(weights.shape) < 0.15] = 0.0
    weights[rng.random(weights.shape) < hold] = np.nan
    weights[rng.random(n_bars) < silent] = np.nan
    return weights


@dataclass(frozen=True)
class Case:
    """One random run."""

    panel: Panel
    weights: FloatArray
    options: dict[str, Any] = field(default_factory=dict)


def case(seed: int, **fixed: Any) -> Case:
    """A random run with random settings; `fixed` settings override."""
    rng = np.random.default_rng([seed, 2])
    n_bars, n = int(rng.integers(2, 60)), int(rng.integers(1, 11))
    missing = float(rng.choice([0.0, 0.1, 0.4]))
    costs = Costs(
        bps=float(rng.choice([0.0, 1.0, 10.0, 200.0])),
        sell_bps=float(rng.choice([5.0, 30.0])) if rng.random() < 0.5 else None,
        slippage_bps=tuple(rng.uniform(0.0, 20.0, n)) if rng.random() < 0.5 else 0.0,
        fixed=float(rng.choice([0.0, 1.0, 50.0])),
        minimum=float(rng.choice([0.0, 5.0, 500.0])),
    )
    options = {
        "fill": FILLS[seed % 4],
        "sizing": SIZINGS[seed // 4 % 3],
        "costs": costs,
        "initial_cash": float(rng.choice([1e3, 1e6])),
    }
    bars = columns(seed, n_bars, n, missing=missing)
    weights = decisions(seed, n_bars, n, hold=float(rng.choice([0.0, 0.3])))
    return Case(panel_of(bars), weights, options | fixed)
