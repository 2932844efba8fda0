"""C2 to C4: the contest's arithmetic and its word list beside a solver, the published predictor and a peer."""

from __future__ import annotations

from collections.abc import Iterator

from quantrl.cli.bench.contest_rows import knapsack, rating, walk
from quantrl.cli.bench.rate import RateResult, run_rate_case
from quantrl.errors import ConfigError

ROUNDS = 5
ROWS = (knapsack, walk, rating)


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
