"""The one place that calls the engine on whole schedules."""

from __future__ import annotations

import os
from collections.abc import Sequence
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
KEEPS = ("equity", "full")


def check_keep(keep: str) -> None:
    """Refuse an unknown choice of what a run keeps."""
    if keep not in KEEPS:
        raise ConfigError(f"keep: expected one of {', '.join(KEEPS)}, got {keep!r}")


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
    try:
        if not settings.terms.is_plain:
            terms, feed = settings.terms.core(config, bars.shape[1]), Feed.of(bars, settings.terms)
            return _core.bar_brokerage(
                bars.close, bars.price, pairs, config, terms, **vars(feed), full=full, threads=int(threads)
            )
        return _core.bar_weights(bars.close, bars.price, pairs, config, full=full, threads=int(threads))
    except (DataError, OrderError):
        # The engine checks in passing what it reads anyway; names are looked up only when it refused.
        bars.check_prices(settings.fill)
        for schedule in schedules:
            schedule.check_weights(None if margin is None else margin.max_gross)
        raise
