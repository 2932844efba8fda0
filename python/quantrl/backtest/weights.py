"""Target weights in, an account's history out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack, overload

from quantrl.backtest._engine import MEMORY_LIMIT, check_keep, check_memory, chunks, run_schedules
from quantrl.backtest.bars import as_bars
from quantrl.backtest.costs import Costs
from quantrl.backtest.result import Result
from quantrl.backtest.schedule import Schedule, as_schedules
from quantrl.backtest.settings import Settings, sizing_for
from quantrl.backtest.terms import Terms
from quantrl.typing import FloatArray

if TYPE_CHECKING:
    from quantrl.data import Panel
    from quantrl.metrics import MeasureTable

_TEN_BP = Costs()
_PLAIN = Terms()


class RunOptions(TypedDict, total=False):
    """Keywords of `run_weights` but for `keep`."""

    fill: str
    sizing: str | None
    costs: Costs
    initial_cash: float
    size_at: str
    lot: float | tuple[float, ...]
    terms: Terms
    threads: int | None
    memory_limit: float
    open: FloatArray | None
    periods_per_year: float | None


@overload
def run_weights(
    panel: Panel | FloatArray,
    weights: FloatArray | Schedule | Sequence[FloatArray | Schedule],
    *,
    keep: Literal["metrics"],
    **options: Unpack[RunOptions],
) -> MeasureTable: ...
@overload
def run_weights(
    panel: Panel | FloatArray,
    weights: FloatArray | Schedule,
    *,
    keep: Literal["equity", "full"] = "equity",
    **options: Unpack[RunOptions],
) -> Result: ...
@overload
def run_weights(
    panel: Panel | FloatArray,
    weights: Sequence[FloatArray | Schedule],
    *,
    keep: Literal["equity", "full"] = "equity",
    **options: Unpack[RunOptions],
) -> list[Result]: ...
def run_weights(
    panel: Panel | FloatArray,
    weights: Any,
    *,
    fill: str = "next_open",
    sizing: str | None = None,
    costs: Costs = _TEN_BP,
    initial_cash: float = 1_000_000.0,
    size_at: str = "fill",
    lot: float | tuple[float, ...] = 0.0,
    terms: Terms = _PLAIN,
    keep: str = "equity",
    threads: int | None = None,
    memory_limit: float = MEMORY_LIMIT,
    open: FloatArray | None = None,
    periods_per_year: float | None = None,
) -> Result | list[Result] | MeasureTable:
    """Hold target weights in one account, or K schedules of them in K accounts.

    Parameters
    ----------
    panel : Panel or (T, N) float64
        Bars. A bare array holds closes; then `periods_per_year` is required, and `open` for ``next_open``.
    weights : (T, N) float64, Schedule, or a list of K of these; (K, T, N) float64 counts as a list
        Row t is decided after close t. NaN keeps the units held, 0 closes, a row of NaN decides nothing, and
        what is not asked for is cash.
    fill : str
        Where a decision is filled: ``next_open``, ``next_typical``, ``next_close``, or ``close`` of its bar.
    sizing : str, optional
        What weights are fractions of: equity after (``post_cost``) or before (``pre_cost``) this trade's
        cost, or ``first_order``. Default: ``post_cost``; ``pre_cost`` with ``size_at="decision"``.
    costs : Costs
        10 bp a side unless given.
    initial_cash : float
        Currency.
    size_at : str
        ``fill``: an order gets its size at the fill price. ``decision``: units of weight times equity over price
        at the close it was decided on, as a live order does; then only buys shrink if cash binds at the fill.
    lot : float or (N,) sequence
        Positions are whole lots of so many units, cut toward zero.
    terms : Terms
        Margin and shorts, interest, corporate actions, price limits, bands and limits on orders; nothing by default.
    keep : str
        ``equity``: columns per bar. ``full``: units, fills and drops too; a result makes them when asked for.
        ``metrics``: measures alone, of any number of schedules.
    threads : int, optional
        Default: one per schedule, at most one per core. Results do not depend on it.
    memory_limit : float
        Bytes that what is kept may take, estimated before anything is run; 2 GiB unless given.
    open : (T, N) float64, optional
        Opening prices beside an array of closes.
    periods_per_year : float, optional
        Bars in a year; overrides that of the panel.

    Returns
    -------
    Result, or a list of K for a list
        With ``keep="metrics"`` a `MeasureTable`: the measures of schedules ``"0"``, ``"1"``, ...

    Raises
    ------
    DataError
        Prices or shapes that cannot be used: argument, row and instrument.
    OrderError
        Weights that the account cannot hold: row and value.
    ConfigError
        A setting that is unknown, or needs data that is missing; more to keep than `memory_limit`.

    Notes
    -----
    A decision without a later bar stays in `Result.pending`. If cash binds, all targets shrink by one factor,
    so nothing depends on the order of instruments. O(T N) per schedule.
    """
    settings = Settings(
        fill=fill,
        sizing=sizing_for(size_at) if sizing is None else sizing,
        costs=costs,
        initial_cash=initial_cash,
        size_at=size_at,
        lot=lot,
        terms=terms,
    )
    check_keep(keep)
    bars = as_bars(panel, fill=fill, open=open, periods_per_year=periods_per_year)
    schedules, single = as_schedules(weights, *bars.shape)
    check_memory(keep, schedules, bars.shape, memory_limit)

    def results(part: Sequence[Schedule]) -> list[Result]:
        accounts = run_schedules(bars, part, settings, full=keep == "full", threads=threads)
        return [
            Result.from_engine(account, bars=bars, schedule=schedule, settings=settings)
            for account, schedule in zip(accounts, part, strict=True)
        ]

    if keep == "metrics":
        from quantrl.backtest._measures import account_measures, joined

        parts = [account_measures(results(part)) for part in chunks(schedules)]
        return joined(parts, [str(k) for k in range(len(schedules))])
    made = results(schedules)
    return made[0] if single else made
