"""Other engines of the sweep case, each behind a small adapter. An absent one gives no ratio."""

from __future__ import annotations

import importlib
import itertools
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.peers import installed, vectorbt_engines
from quantrl.typing import BoolArray, FloatArray

Adapter = Callable[[FloatArray, range, float, float], list[Contender]]


def sweep_peers(
    names: list[str], close: FloatArray, windows: range, bps: float, initial_cash: float
) -> tuple[list[Contender], dict[str, str]]:
    """Contenders that trade every pair fast < slow of `windows`, fast by fast, and the reason for each absent peer.

    Parameters
    ----------
    names : list of str
        Keys of `SWEEP`.
    close : (T,) float64
    windows : range
        Bars of the averages.
    bps : float
        Proportional cost per side.
    initial_cash : float
    """
    return installed(SWEEP, names, close, windows, bps, initial_cash)


def vectorbt(close: FloatArray, windows: range, bps: float, initial_cash: float) -> list[Contender]:
    """vectorbt's averages, crosses and ``Portfolio.from_signals``, total return alone, on each engine it has."""
    pandas: Any = importlib.import_module("pandas")
    package: Any = importlib.import_module("vectorbt")
    prices = pandas.Series(close)

    def contender(engine: str) -> Contender:
        def call() -> FloatArray:
            fast, slow = package.MA.run_combs(prices, window=list(windows), r=2, short_names=["fast", "slow"])
            portfolio = package.Portfolio.from_signals(
                prices,
                fast.ma_crossed_above(slow),
                fast.ma_crossed_below(slow),
                fees=bps * 1e-4,
                init_cash=initial_cash,
                freq="1D",
                engine=engine,
            )
            growth: FloatArray = portfolio.total_return().to_numpy() + 1.0
            return growth

        return Contender(f"vectorbt-{engine}", call)

    return [contender(engine) for engine in vectorbt_engines()]


def raptorbt(close: FloatArray, windows: range, bps: float, initial_cash: float) -> list[Contender]:
    """raptorbt's ``batch_single_backtest``; its signals are made before and not timed."""
    os.environ.setdefault("RAPTORBT_NO_VERSION_CHECK", "1")
    package: Any = importlib.import_module("raptorbt")
    averages = {w: _average(close, w) for w in windows}
    pairs = list(itertools.combinations(windows, 2))
    items = [
        package.BatchSingleItem(str(k), *_crosses(averages[fast], averages[slow]))
        for k, (fast, slow) in enumerate(pairs)
    ]
    config = package.BacktestConfig(
        initial_capital=initial_cash, fees=bps * 1e-4, periods_per_year=365.0, fill_timing="same_bar_close"
    )
    day = 86_400 * 10**9
    time = day * np.arange(1, len(close) + 1, dtype=np.int64)
    columns = (close, close, close, close, np.ones(len(close)))

    def call() -> FloatArray:
        results = package.batch_single_backtest(time, *columns, items, config)
        return np.array([result.metrics.end_value / initial_cash for _, result in results])

    return [Contender("raptorbt", call)]


def _average(close: FloatArray, w: int) -> FloatArray:
    sums = np.cumsum(close)
    row = np.full(len(close), np.nan)
    row[w - 1] = sums[w - 1] / w
    row[w:] = (sums[w:] - sums[:-w]) / w
    return row


def _crosses(fast: FloatArray, slow: FloatArray) -> tuple[BoolArray, BoolArray]:
    """Above after below, and below after above, of averages that are never equal."""
    known = ~np.isnan(slow)
    above = np.where(known, fast > slow, False)
    below = known & ~above
    entries = np.zeros(len(fast), dtype=bool)
    exits = np.zeros(len(fast), dtype=bool)
    entries[1:], exits[1:] = above[1:] & below[:-1], below[1:] & above[:-1]
    return entries, exits


SWEEP: dict[str, Adapter] = {"vectorbt": vectorbt, "raptorbt": raptorbt}
"""Peers of the sweep case by name."""
