"""B1, B5, B6, B8 and B9: order books, replay, seeks and batches, beside the peers that do the same job."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from quantrl.cli.bench.rate import RateResult, check_size, run_rate_case
from quantrl.cli.bench.tick_rows import batch, engine, levels, orders, replayed, seeking

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
    check_size(size)
    for case in replayed.cases(size, python or sys.executable):
        yield run_rate_case(case, rounds)
    for row in (orders, levels):
        yield run_rate_case(row.case(size), rounds)
    for rows in (engine, seeking, batch):
        for case in rows.cases(size):
            yield run_rate_case(case, rounds)
