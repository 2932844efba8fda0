"""C1 to C8: calls, arithmetic, word list, waves and whole contests, beside a peer where there is one."""

from __future__ import annotations

from collections.abc import Iterator

from quantrl.cli.bench.contest_rows import (
    importing,
    knapsack,
    rating,
    reallocated,
    replayed,
    waiting,
    walk,
    whole,
)
from quantrl.cli.bench.rate import RateResult, run_rate_case
from quantrl.errors import ConfigError

ROUNDS = 5
ROWS = (replayed, knapsack, walk, rating, waiting, reallocated, whole, importing)


def measure(size: str, rounds: int) -> Iterator[RateResult]:
    """Results one by one, each as soon as it is there.

    Parameters
    ----------
    size : {"full", "small"}
        How much one round does.
    rounds : int
        Interleaved, after two warm-ups.

    Raises
    ------
    ConfigError
        Unknown size.
    """
    if size not in ("small", "full"):
        raise ConfigError(f"--size: expected one of small, full, got {size!r}")
    for row in ROWS:
        yield run_rate_case(row.case(size), rounds)
