"""P4: eleven measures of many series of returns; public call against public call."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantrl.cli.bench.harness import Case, Contender
from quantrl.cli.bench.peers import installed, vectorbt_engines
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray

SIZES = {"small": (252, 20), "full": (2520, 500)}
PERIODS_PER_YEAR = 252.0
MEASURES = {
    "total": "total",
    "cagr": "annualized",
    "vol": "annualized_volatility",
    "sharpe": "sharpe_ratio",
    "sortino": "sortino_ratio",
    "calmar": "calmar_ratio",
    "omega": "omega_ratio",
    "max_drawdown": "max_drawdown",
    "var": "value_at_risk",
    "cvar": "cond_value_at_risk",
    "tail_ratio": "tail_ratio",
}
"""Names here and in vectorbt's accessor of returns."""

_STREAM = 9003

Adapter = Callable[[FloatArray], list[Contender]]


@dataclass(frozen=True)
class Inputs:
    """Returns (T, K) and the `sha256` over them."""

    returns: FloatArray
    sha256: str


def inputs(size: str, seed: int = 0) -> Inputs:
    """Normal returns that begin with a gain: a peer whose drawdowns start from the first bar's equity then means the same.

    Raises
    ------
    ConfigError
        Unknown size.
    """
    from quantrl.rng import generator

    if size not in SIZES:
        raise ConfigError(f"--size: expected one of {', '.join(SIZES)}, got {size!r}")
    returns = generator(seed, _STREAM, "synthetic").normal(4e-4, 0.01, SIZES[size])
    returns[0] = np.abs(returns[0])
    return Inputs(returns, hashlib.sha256(returns.astype("<f8").tobytes()).hexdigest())


def case(size: str, peers: list[str]) -> Case:
    """The job with quantrl and the peers that are installed here."""
    data = inputs(size)
    found, absent = installed(METRICS, peers, data.returns)
    bars, series = data.returns.shape
    return Case(
        id="P4",
        title=f"{len(MEASURES)} measures of {series} series x {bars:,} returns",
        ours=ours(data.returns),
        peers=tuple(found),
        absent=absent,
        ours_limit_ms=25.0,
        ratio_goal=5.0,
        sha256=data.sha256,
        floor=1.0,
    )


def ours(returns: FloatArray) -> Contender:
    """`quantrl.metrics.table`: (T, K) in, a row of K values for each measure out, one after another."""
    from quantrl.metrics import table

    def call() -> FloatArray:
        found = table(returns, periods_per_year=PERIODS_PER_YEAR, measures=list(MEASURES))
        return found.values.ravel()

    return Contender("quantrl", call)


def vectorbt(returns: FloatArray) -> list[Contender]:
    """vectorbt's accessor of returns, on each engine it has."""
    pandas: Any = importlib.import_module("pandas")
    importlib.import_module("vectorbt")
    frame = pandas.DataFrame(returns)

    def contender(engine: str) -> Contender:
        def call() -> FloatArray:
            accessor = frame.vbt.returns(freq="1D", year_freq=f"{PERIODS_PER_YEAR:g}D", engine=engine)
            return np.concatenate([getattr(accessor, theirs)().to_numpy() for theirs in MEASURES.values()])

        return Contender(f"vectorbt-{engine}", call)

    return [contender(engine) for engine in vectorbt_engines()]


METRICS: dict[str, Adapter] = {"vectorbt": vectorbt}
"""Peers of the metrics case by name."""
