"""Entries and exits in, one account per instrument out."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack, overload

import numpy as np

from quantrl import _core
from quantrl.backtest._engine import check_keep, told_under
from quantrl.backtest.bars import Bars, as_bars
from quantrl.backtest.costs import Costs
from quantrl.backtest.result import Result
from quantrl.backtest.schedule import Schedule
from quantrl.backtest.settings import Settings
from quantrl.backtest.terms import Terms
from quantrl.errors import ConfigError, DataError
from quantrl.typing import BoolArray, FloatArray

if TYPE_CHECKING:
    from quantrl.data import Panel
    from quantrl.metrics import MeasureTable

_TEN_BP = Costs()
_PLAIN = Terms()


class SignalOptions(TypedDict, total=False):
    """Keywords of `run_signals` but for `keep`."""

    fill: str
    costs: Costs
    initial_cash: float
    terms: Terms
    threads: int | None
    open: FloatArray | None
    periods_per_year: float | None


@overload
def run_signals(
    panel: Panel | FloatArray,
    entries: BoolArray,
    exits: BoolArray,
    *,
    keep: Literal["metrics"],
    **options: Unpack[SignalOptions],
) -> MeasureTable: ...
@overload
def run_signals(
    panel: Panel | FloatArray,
    entries: BoolArray,
    exits: BoolArray,
    *,
    keep: Literal["equity", "full"] = "equity",
    **options: Unpack[SignalOptions],
) -> list[Result]: ...
def run_signals(
    panel: Panel | FloatArray,
    entries: BoolArray,
    exits: BoolArray,
    *,
    fill: str = "next_open",
    costs: Costs = _TEN_BP,
    initial_cash: float = 1_000_000.0,
    terms: Terms = _PLAIN,
    keep: str = "equity",
    threads: int | None = None,
    open: FloatArray | None = None,
    periods_per_year: float | None = None,
) -> list[Result] | MeasureTable:
    """Buy one instrument for all the cash at an entry and sell all of it at an exit, each column on its own account.

    Parameters
    ----------
    panel : Panel or (T, N) float64
        Bars. A bare array holds closes; then `periods_per_year` is required, and `open` for ``next_open``.
    entries, exits : (T, N) bool; (T,) for one instrument
        Row t is decided after close t. An entry while a position is held and an exit without one decide nothing; an
        entry and an exit on one bar cancel out.
    fill : str
        Where a signal is filled: ``next_open``, ``next_typical``, ``next_close``, or ``close`` of its bar.
    costs : Costs
        10 bp a side unless given; an entry pays them out of the cash it invests.
    initial_cash : float
        Currency of each account.
    terms : Terms
        As in `run_weights`: interest, actions, price limits and limits on orders. Positions are never short.
    keep : str
        ``equity``, ``full`` or ``metrics``, as in `run_weights`.
    threads : int, optional
        Default: one per instrument, at most one per core. Results do not depend on it.
    open : (T, N) float64, optional
        Opening prices beside an array of closes.
    periods_per_year : float, optional
        Bars in a year; overrides that of the panel.

    Returns
    -------
    list of N Result
        In the order of the columns; each has its schedule of decisions (weight 1 or 0), so it audits like any other.
        With ``keep="metrics"`` a `MeasureTable`: the measures of every instrument by its name.

    Raises
    ------
    DataError
        Prices, shapes or a dtype that cannot be used: argument, row and instrument.
    ConfigError
        A setting that is unknown, or needs data that is missing.

    Notes
    -----
    What cannot be filled of a signal is dropped, not carried over; a position open at the end stays marked.
    O(T) per instrument.
    """
    settings = Settings(fill=fill, costs=costs, initial_cash=initial_cash, terms=terms)
    check_keep(keep)
    bars = as_bars(panel, fill=fill, open=open, periods_per_year=periods_per_year)
    entries, exits = as_flags("entries", entries, bars.shape), as_flags("exits", exits, bars.shape)
    n = bars.shape[1]
    config = settings.core(n)
    told = told_under(bars, settings, config)
    try:
        accounts = _core.bar_signals(
            bars.close,
            bars.price,
            entries,
            exits,
            config,
            **told,
            full=keep == "full",
            threads=thread_count(threads, n),
        )
    except DataError:
        bars.check_prices(fill)
        raise
    results = [_result(account, bars, settings, i) for i, account in enumerate(accounts)]
    if keep == "metrics":
        from quantrl.backtest._measures import account_measures

        return account_measures(results, bars.instruments)
    return results


def as_flags(name: str, values: Any, shape: tuple[int, int]) -> BoolArray:
    """A C-contiguous bool array of `shape`; one column may come as (T,).

    Raises
    ------
    DataError
        Another shape or dtype.
    """
    array = np.asarray(values)
    if array.ndim == 1 and shape[1] == 1:
        array = array.reshape(-1, 1)
    if array.dtype != np.bool_ or array.shape != shape:
        raise DataError(f"{name}: expected bool of shape {shape}, got {array.dtype} of shape {array.shape}")
    return np.ascontiguousarray(array)


def thread_count(threads: int | None, most: int) -> int:
    """Threads asked for; by default one for each of `most` things to do, at most one per core.

    Raises
    ------
    ConfigError
        It is no whole number from 1.
    """
    if threads is None:
        return min(os.cpu_count() or 1, most)
    if isinstance(threads, bool) or not isinstance(threads, (int, np.integer)) or threads < 1:
        raise ConfigError(f"threads: expected a number of at least 1, got {threads!r}")
    return int(threads)


def _result(account: dict[str, Any], bars: Bars, settings: Settings, i: int) -> Result:
    settings = replace(settings, costs=settings.costs.of_one(i), terms=settings.terms.of_one(i))
    schedule = Schedule(account["decision_rows"], account["decision_weights"].reshape(-1, 1))
    return Result.from_engine(account, bars=bars.only(i), schedule=schedule, settings=settings)
