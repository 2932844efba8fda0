"""B1, B5, B6 and B9: order books, replay and batches, beside the peers that do the same job."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from quantrl.cli.bench.rate import RateResult, run_rate_case
from quantrl.cli.bench.tick_rows import batch, engine, levels, orders, replayed
from quantrl.errors import ConfigError

ROUNDS = 7


def measure(size: str, rounds: int, python: str | None = None) -> Iterator[RateResult]:
    """Results one by one, each as soon as it is there.

    Parameters
    ----------
    size : {"full", "small"}
        How much one round does.
    rounds : int
        Interleaved, after two warm-ups.
    python : str or None
        Interpreter of the environment hftbacktest is installed in; by default this one.

    Raises
    ------
    ConfigError
        Unknown size.
    """
    if size not in ("small", "full"):
        raise ConfigError(f"--size: expected one of small, full, got {size!r}")
    for case in replayed.cases(size, python or sys.executable):
        yield run_rate_case(case, rounds)
    for row in (orders, levels):
        yield run_rate_case(row.case(size), rounds)
    for rows in (engine, batch):
        for case in rows.cases(size):
            yield run_rate_case(case, rounds)
