"""P1: rebalance every bar to seeded target weights; public call against public call."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from quantrl.cli.bench.harness import Case, Contender
from quantrl.cli.bench.peers import (
    KERNELS,
    RAPTORBT_BUY_BPS,
    RAPTORBT_SELL_BPS,
    RATED,
    installed,
    rebalance_peers,
)
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray

if TYPE_CHECKING:
    from quantrl.backtest import Costs

SIZES = {"small": (252, 50), "full": (2520, 500)}
GROSS = 0.98
BPS = 10.0
INITIAL_CASH = 1e6
_STREAM = 9001


@dataclass(frozen=True)
class Inputs:
    """Unrounded prices and weights; `sha256` is over both."""

    close: FloatArray
    weights: FloatArray
    sha256: str


def inputs(size: str, seed: int = 0) -> Inputs:
    """Random-walk closes and weights of gross 0.98: cash never binds, so only one answer is right.

    Raises
    ------
    ConfigError
        Unknown size.
    """
    from quantrl.rng import generator

    if size not in SIZES:
        raise ConfigError(f"--size: expected one of {', '.join(SIZES)}, got {size!r}")
    random = generator(seed, _STREAM, "synthetic")
    close = 100.0 * np.exp(np.cumsum(random.normal(3e-4, 0.02, SIZES[size]), axis=0))
    weights = random.gamma(1.0, 1.0, SIZES[size])
    weights *= GROSS / weights.sum(axis=1, keepdims=True)
    digest = hashlib.sha256(close.astype("<f8").tobytes() + weights.astype("<f8").tobytes())
    return Inputs(close, weights, digest.hexdigest())


def case(size: str, peers: list[str]) -> Case:
    """The job with quantrl on one thread and the peers that are installed here."""
    data = inputs(size)
    found, absent = rebalance_peers(peers, data.close, data.weights, BPS, INITIAL_CASH)
    here = [name for name in peers if name in KERNELS and name not in absent]
    kernels, _ = installed(KERNELS, here, data.close, data.weights, BPS, INITIAL_CASH)
    bars, names = data.close.shape
    return Case(
        id="P1",
        title=f"rebalance every bar, {names} x {bars:,}, gross {GROSS}, {BPS:g} bp, pre_cost, fill close",
        ours=ours(data),
        peers=tuple(found),
        absent=absent,
        ours_limit_ms=5.0,
        ratio_goal=100.0,
        sha256=data.sha256,
        beside=tuple(kernels),
    )


def rated_case(size: str, peers: list[str]) -> Case:
    """The job at the rates of peers that have their own, which are told to us."""
    from quantrl.backtest import Costs

    data = inputs(size)
    found, absent = installed(RATED, peers, data.close, data.weights, INITIAL_CASH)
    bars, names = data.close.shape
    return Case(
        id="P1-rates",
        title=f"rebalance every bar, {names} x {bars:,}, gross {GROSS}, {RAPTORBT_BUY_BPS:g} and {RAPTORBT_SELL_BPS:g} bp",
        ours=ours(data, Costs(buy_bps=RAPTORBT_BUY_BPS, sell_bps=RAPTORBT_SELL_BPS)),
        peers=tuple(found),
        absent=absent,
        ours_limit_ms=5.0,
        ratio_goal=10.0,
        sha256=data.sha256,
    )


def ours(data: Inputs, costs: Costs | None = None) -> Contender:
    """`quantrl.backtest.run_weights` on plain arrays: arrays in, equity out; `BPS` a side unless told otherwise."""
    from quantrl.backtest import Costs, run_weights

    costs = Costs(bps=BPS) if costs is None else costs

    def call() -> FloatArray:
        result = run_weights(
            data.close,
            data.weights,
            fill="close",
            sizing="pre_cost",
            costs=costs,
            initial_cash=INITIAL_CASH,
            threads=1,
            periods_per_year=252.0,
        )
        equity: FloatArray = result.equity
        return equity

    return Contender("quantrl", call)
