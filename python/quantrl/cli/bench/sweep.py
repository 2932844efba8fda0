"""P2: every pair of simple moving averages on one series; public call against public call."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from quantrl.cli.bench.harness import Case, Contender
from quantrl.cli.bench.sweep_peers import sweep_peers
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray

SIZES = {"small": (504, 24), "full": (2520, 144)}
"""Bars, and the window that is one more than the longest."""

BPS = 10.0
INITIAL_CASH = 1e6
PERIODS_PER_YEAR = 252.0
_STREAM = 9002


@dataclass(frozen=True)
class Inputs:
    """Unrounded closes (T,), and the windows from which fast and slow are taken; `sha256` is over the closes."""

    close: FloatArray
    windows: range
    sha256: str


def inputs(size: str, seed: int = 0) -> Inputs:
    """A random walk whose averages never tie, so that only one answer is right.

    Raises
    ------
    ConfigError
        Unknown size.
    """
    from quantrl.rng import generator

    if size not in SIZES:
        raise ConfigError(f"--size: expected one of {', '.join(SIZES)}, got {size!r}")
    bars, end = SIZES[size]
    close = 100.0 * np.exp(np.cumsum(generator(seed, _STREAM, "synthetic").normal(3e-4, 0.02, bars)))
    return Inputs(close, range(2, end), hashlib.sha256(close.astype("<f8").tobytes()).hexdigest())


def case(size: str, peers: list[str]) -> Case:
    """The job with quantrl on one thread and the peers that are installed here."""
    data = inputs(size)
    found, absent = sweep_peers(peers, data.close, data.windows, BPS, INITIAL_CASH)
    pairs = len(data.windows) * (len(data.windows) - 1) // 2
    return Case(
        id="P2",
        title=f"{pairs:,} pairs of moving averages x {len(data.close):,} bars, {BPS:g} bp, fill close; growth of each",
        ours=ours(data),
        peers=tuple(found),
        absent=absent,
        ours_limit_ms=150.0,
        sha256=data.sha256,
        goals={"vectorbt": 50.0, "raptorbt": 14.0},
    )


def ours(data: Inputs) -> Contender:
    """`quantrl.backtest.sweep`: closes in, four measures of every pair out; the growth factors are compared."""
    from quantrl.backtest import Costs, sweep

    close, costs = data.close.reshape(-1, 1), Costs(bps=BPS)
    grid = {"fast": data.windows, "slow": data.windows}

    def call() -> FloatArray:
        found = sweep(
            "sma_cross",
            grid,
            close,
            fill="close",
            costs=costs,
            initial_cash=INITIAL_CASH,
            threads=1,
            periods_per_year=PERIODS_PER_YEAR,
        )
        growth: FloatArray = found.measures["total"] + 1.0
        return growth

    return Contender("quantrl", call)
