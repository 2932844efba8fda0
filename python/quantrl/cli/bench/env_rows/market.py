"""The generated market that every row runs on, and the sizes of a run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from quantrl.data import Panel
from quantrl.envs import Market, PortfolioConfig
from quantrl.rng import generator

THREADS = 2
ROWS = 2520
_STREAM = 9002
_DAY_NS = 86_400_000_000_000


@dataclass(frozen=True)
class Size:
    """How much one call of a contender does."""

    n_envs: int
    steps: int
    single_steps: int
    peer_steps: int
    frames: int
    actions: int


SIZES = {
    "full": Size(n_envs=1024, steps=2000, single_steps=20_000, peer_steps=250, frames=6144, actions=400),
    "small": Size(n_envs=8, steps=20, single_steps=40, peer_steps=20, frames=64, actions=4),
}


def panel(n: int, rows: int = ROWS) -> Panel:
    """Random-walk opens, highs, lows and closes of `n` names."""
    random = generator(0, _STREAM, "synthetic")
    gap, body = random.normal(0.0, 0.008, (rows, n)), random.normal(3e-4, 0.015, (rows, n))
    close = 100.0 * np.exp(np.cumsum(gap + body, axis=0))
    opened = close * np.exp(-body)
    wicks = np.exp(np.abs(random.normal(0.0, 0.005, (2, rows, n))))
    columns = {
        "close": close,
        "open": opened,
        "high": np.maximum(opened, close) * wicks[0],
        "low": np.minimum(opened, close) / wicks[1],
    }
    time = (np.arange(rows, dtype=np.int64) + 1) * _DAY_NS
    return Panel(columns, time, [f"N{i:02d}" for i in range(n)], periods_per_year=252.0)


@cache
def market(n: int) -> Market:
    """`panel` as environments read it."""
    return Market.of(panel(n), PortfolioConfig.of())


def random_actions(config: PortfolioConfig, n_envs: int, n: int, count: int = 16) -> NDArray[np.float32]:
    """(count, n_envs, n + 1) actions for ``tilt``, made before anything is timed."""
    random = generator(1, _STREAM, "synthetic")
    return random.uniform(-1.0, 1.0, (count, n_envs, n + 1)).astype(np.float32)
