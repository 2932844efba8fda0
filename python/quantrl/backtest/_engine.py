"""The one place that calls the engine on whole schedules."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantrl import _core
from quantrl.backtest.bars import Bars
from quantrl.backtest.feed import Feed
from quantrl.backtest.schedule import Schedule
from quantrl.backtest.settings import Settings
from quantrl.errors import ConfigError, DataError, OrderError

CARRY = ("dividends", "interest", "short_fees")
COLUMNS = ("equity", "cash", "traded", "cost", "gross", "scale", "fill_equity")
KEEPS = ("metrics", "equity", "full")
MEMORY_LIMIT = 2 << 30
"""Bytes a run may keep unless told otherwise."""

_FILL_BYTES = 112
_NUMBER_BYTES = 8
_CHUNK = 64


def check_keep(keep: str, choices: Sequence[str] = KEEPS) -> None:
    """Refuse an unknown choice of what a run keeps."""
    if keep not in choices:
        raise ConfigError(f"keep: expected one of {', '.join(choices)}, got {keep!r}")


def check_memory(
    keep: str, schedules: Sequence[Schedule], shape: tuple[int, int], memory_limit: float
) -> None:
    """Refuse a run that would keep too much, before anything is run.

    Raises
    ------
    ConfigError
        The estimate is above `memory_limit` bytes: how many schedules, bars and instruments, and how much they need.
    """
    if isinstance(memory_limit, bool) or not isinstance(memory_limit, (int, float)) or not memory_limit > 0:
        raise ConfigError(f"memory_limit: expected a positive number of bytes, got {memory_limit!r}")
    (bars, n), many = shape, len(schedules)
    # Columns exist twice for a moment: as the engine's rows and as arrays.
    at_once = min(many, _CHUNK) if keep == "metrics" else many
    needed = 2 * _NUMBER_BYTES * at_once * bars * (len(COLUMNS) + len(CARRY))
    if keep == "full":
        needed += many * bars * n * _NUMBER_BYTES
        needed += sum(_FILL_BYTES * int(np.count_nonzero(~np.isnan(one.values))) for one in schedules)
    if needed > memory_limit:
        raise ConfigError(
            f"memory_limit: {many:,} schedules of {bars:,} bars x {n:,} instruments with keep {keep!r} need about "
            f"{needed / 2**30:.3g} GiB, more than {memory_limit / 2**30:.3g} GiB"
        )


def chunks(schedules: Sequence[Schedule]) -> Iterator[Sequence[Schedule]]:
    """Parts that are run at once where only measures are kept."""
    for first in range(0, len(schedules), _CHUNK):
        yield schedules[first : first + _CHUNK]


def told_under(bars: Bars, settings: Settings, config: _core.BarConfig) -> dict[str, Any]:
    """Terms with what the engine is told beside prices, as keywords; none for an account that needs none."""
    terms = settings.core_terms(config, bars.shape[1])
    if terms is None:
        return {}
    feed = Feed.of(bars, settings)
    return {"terms": terms, "years": feed.years, "told": feed.told()}


def run_schedules(
    bars: Bars, schedules: Sequence[Schedule], settings: Settings, *, full: bool, threads: int | None
) -> list[dict[str, NDArray[Any]]]:
    """One dict of columns per schedule; equal bits for any number of threads.

    Raises
    ------
    DataError
        A price that is not positive or infinite: argument, row and instrument.
    OrderError
        Weights that a cash account cannot hold: schedule, row and value.
    """
    if threads is None:
        threads = min(os.cpu_count() or 1, len(schedules))
    if isinstance(threads, bool) or not isinstance(threads, (int, np.integer)) or threads < 1:
        raise ConfigError(f"threads: expected a number of at least 1, got {threads!r}")
    pairs = [(schedule.rows, schedule.values) for schedule in schedules]
    config = settings.core(bars.shape[1])
    margin = settings.terms.margin
    told = told_under(bars, settings, config)
    try:
        return _core.bar_weights(
            bars.close, pairs, bars.price, config=config, full=full, threads=int(threads), **told
        )
    except (DataError, OrderError):
        # The engine checks in passing what it reads anyway; names are looked up only when it refused.
        bars.check_prices(settings.fill)
        for schedule in schedules:
            schedule.check_weights(None if margin is None else margin.max_gross)
        raise
