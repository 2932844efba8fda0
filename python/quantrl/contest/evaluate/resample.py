"""Rows of the stationary bootstrap: the same ones for every account and every statistic."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from quantrl import _core
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray, IntArray

DRAWS, BLOCK, LEVEL = 2_000, 10.0, 0.95
STREAM = 2510
_CELLS = 4_000_000


@dataclass(frozen=True)
class Resample:
    """Replicates of T days.

    Parameters
    ----------
    n_days : int
        T, at least 2.
    draws : int
    block : float
        Mean block length, days.
    seed : int

    Raises
    ------
    ConfigError
        A setting out of range.

    References
    ----------
    Politis and Romano (1994), The stationary bootstrap, JASA 89.
    """

    n_days: int
    draws: int = DRAWS
    block: float = BLOCK
    seed: int = 0

    def __post_init__(self) -> None:
        if self.n_days < 2 or self.draws < 2 or self.block < 1:
            raise ConfigError(
                f"resample: expected 2 days, 2 draws and a block of 1 or more, got {self.n_days}, {self.draws}, {self.block}"
            )

    @cached_property
    def rows(self) -> IntArray:
        """(draws, T) int64 indices of days."""
        made = np.empty((self.draws, self.n_days), dtype=np.int64)
        for replicate in range(self.draws):
            start, length = _core.bootstrap_blocks(self.n_days, self.block, self.seed, STREAM, replicate)
            within = np.arange(self.n_days) - np.repeat(np.cumsum(length) - length, length)
            made[replicate] = (np.repeat(start, length) + within) % self.n_days
        return made

    def sharpe_cagr(self, net: FloatArray, periods_per_year: float) -> tuple[FloatArray, FloatArray]:
        """(draws, K) annualised Sharpe ratio and compound growth of (T, K) returns, over `rows`."""
        made = _core.bootstrap_measures(
            np.ascontiguousarray(net),
            periods_per_year=float(periods_per_year),
            draws=self.draws,
            block=self.block,
            seed=self.seed,
            stream=STREAM,
            threads=1,
        )
        return made["sharpe"], made["cagr"]

    def drawdowns(self, net: FloatArray) -> FloatArray:
        """(draws, K) worst drawdown of (T, K) returns, a negative fraction, over `rows`."""
        step = max(1, _CELLS // max(net.size, 1))
        parts = [_worst(net[self.rows[at : at + step]]) for at in range(0, self.draws, step)]
        return np.concatenate(parts)

    def means(self, values: FloatArray) -> FloatArray:
        """(draws, K) means of (T, K) values, over `rows`."""
        step = max(1, _CELLS // max(values.size, 1))
        parts = [values[self.rows[at : at + step]].mean(axis=1) for at in range(0, self.draws, step)]
        return np.concatenate(parts)


def _worst(net: FloatArray) -> FloatArray:
    """Worst drawdown along axis 1 of (draws, T, K) returns; the peak starts at the money brought in."""
    curve = np.cumprod(1.0 + net, axis=1)
    peak = np.maximum(np.maximum.accumulate(curve, axis=1), 1.0)
    worst: FloatArray = (curve / peak - 1.0).min(axis=1, initial=0.0)
    return worst


def bounds(draws: FloatArray, level: float = LEVEL) -> tuple[float, float]:
    """Percentile interval of the draws that are defined; NaN where none is."""
    defined = draws[np.isfinite(draws)]
    if not len(defined):
        return float("nan"), float("nan")
    low, high = np.quantile(defined, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return float(low), float(high)
