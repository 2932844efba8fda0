"""The paper-trading daemon: what durability costs, how fast it goes, how soon it decides, starts and is verified."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

from quantrl.cli.bench.rate import RateResult, check_size, run_rate_case
from quantrl.errors import ConfigError

ROUNDS = 5


def missing() -> str:
    """Why nothing can be measured here; empty where the extra is installed."""
    return "" if importlib.util.find_spec("apsw") else "the extra live is not installed here (no apsw)"


def measure(size: str, rounds: int) -> Iterator[RateResult]:
    """Results one by one.

    Parameters
    ----------
    size : {"full", "small"}
        How much one round does.
    rounds : int
        Interleaved, after two warm-ups.

    Raises
    ------
    ConfigError
        Unknown size, or without the extra ``live``.
    """
    if reason := missing():
        raise ConfigError(f"bench live: {reason}; pip install 'quantrl[live]'")
    check_size(size)
    from quantrl.cli.bench.live_rows import durable, grouped, replayed, started, verified, watched

    yield from durable.results(size, rounds)
    for row in (grouped, replayed, verified, started):
        with row.case(size) as case:
            yield run_rate_case(case, rounds)
    yield from watched.results(size, rounds)
