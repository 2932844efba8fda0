"""Many parameter sets, a few numbers each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from quantrl import _core
from quantrl.backtest._engine import run_schedules
from quantrl.backtest._families import SIGNALS, Members, member_signals, members_of
from quantrl.backtest._momentum import momentum_topk
from quantrl.backtest._sharded import Sharding, function_name, identity
from quantrl.backtest.bars import Bars, as_bars
from quantrl.backtest.costs import Costs
from quantrl.backtest.result import Result
from quantrl.backtest.schedule import as_schedules
from quantrl.backtest.settings import Settings
from quantrl.backtest.signals import run_signals, thread_count
from quantrl.backtest.swept import SweepResult
from quantrl.backtest.terms import Terms
from quantrl.errors import ConfigError, DataError
from quantrl.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from quantrl.data import Panel

_TEN_BP = Costs()
_PLAIN = Terms()
_PORTFOLIOS: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "momentum_topk": (momentum_topk, ("lookback", "skip", "k", "every"))
}
FAMILIES: dict[str, tuple[str, ...]] = SIGNALS | {name: names for name, (_, names) in _PORTFOLIOS.items()}
"""Every family by name with its parameters."""

_CHUNK_BYTES = 256 << 20
_CHUNK_MOST = 64


def sweep(
    family: str | Callable[..., Any],
    params: Mapping[str, Iterable[Any]] | Sequence[Mapping[str, Any]],
    panel: Panel | FloatArray,
    *,
    fill: str = "next_open",
    costs: Costs = _TEN_BP,
    initial_cash: float = 1_000_000.0,
    terms: Terms = _PLAIN,
    tie_rtol: float = 1e-12,
    blocks: int = 16,
    threads: int | None = None,
    sharding: Sharding | None = None,
    open: FloatArray | None = None,
    periods_per_year: float | None = None,
) -> SweepResult:
    """Run every member of a family on an account of its own and keep four measures of each.

    Parameters
    ----------
    family : str or callable
        ``sma_cross`` and ``ema_cross`` (`fast`, `slow`): in when the fast average crosses above the slow one, out when
        below. ``donchian`` (`entry`, `exit`): in on a close above the highest high of `entry` bars before, out below
        the lowest low of `exit` bars. ``zscore`` (`window`, `enter`, `exit`): in below -enter standard deviations from
        the mean, out above -exit. ``momentum_topk`` (`lookback`, `skip`, `k`, `every`): the strongest names of a panel.
        Or a function of (panel, **params) that returns target weights as `run_weights` takes them.
    params : mapping of str to values, or sequence of mappings
        A grid: every combination, but for those with fast >= slow or exit >= enter, which are counted in
        `SweepResult.left_out`. Or one mapping a member, where such a combination is an error.
    panel : Panel or (T, N) float64
        As in `run_weights`; one instrument with a price on every bar for families of signals.
    fill, costs, initial_cash, open, periods_per_year
        As in `run_weights`. Signals invest all the cash, as `run_signals` does.
    terms : Terms
        As in `run_weights`, for functions and ``momentum_topk`` alone.
    tie_rtol : float
        Averages closer than this fraction are equal, and so are a price and its mean, so that rounding makes no signal;
        equality of averages is never a cross.
    blocks : int
        Runs of bars whose return sums are kept, for the probability of overfitting.
    threads : int, optional
        Default: one per core. Results do not depend on it.
    sharding : Sharding, optional
        Cut the members into tasks of an `Executor`: other processes or Ray, and finished tasks kept on disk. A function has
        to be one of an importable module then. Results do not depend on it.

    Returns
    -------
    SweepResult

    Raises
    ------
    ConfigError
        An unknown family or parameter, a window longer than the data, an empty grid, several instruments or terms for
        signals.
    DataError
        Prices that cannot be used, or are missing on a bar: argument and row.
    OrderError
        A function's weights that a cash account cannot hold.

    Notes
    -----
    A crossing member costs O(T / 64) to find its trades and O(log T) for each; functions run in chunks of schedules
    whose units fit 256 MiB. Averages start when there are enough bars; the exponential one from the first price.
    """
    settings = Settings(fill=fill, costs=costs, initial_cash=initial_cash, terms=terms)
    bars = as_bars(panel, fill=fill, open=open, periods_per_year=periods_per_year)
    if (
        isinstance(blocks, bool)
        or not isinstance(blocks, (int, np.integer))
        or not 1 <= blocks <= bars.shape[0]
    ):
        raise ConfigError(f"blocks: expected a whole number from 1 to {bars.shape[0]} bars, got {blocks!r}")
    lengths = np.diff(np.arange(blocks + 1) * bars.shape[0] // blocks)
    spread = None
    if sharding is not None:
        serial = sharding.executor.backend == "serial"
        options = {"tie_rtol": tie_rtol, "blocks": blocks, "periods_per_year": bars.periods_per_year}
        spread = _Spread(sharding, panel, open, options, thread_count(threads, 1 << 16) if serial else 1)
    plan = _Plan(bars, settings, lengths, thread_count(threads, 1 << 16), spread)
    if callable(family):
        name = getattr(family, "__qualname__", type(family).__name__)
        return plan.portfolios(name, family, panel, members_of(params, None, name))
    if family not in FAMILIES:
        raise ConfigError(f"family: expected a function or one of {', '.join(FAMILIES)}, got {family!r}")
    members = members_of(params, FAMILIES[family], family)
    if family in _PORTFOLIOS:
        return plan.portfolios(family, _PORTFOLIOS[family][0], panel, members)
    if not settings.is_plain:
        raise ConfigError(f"terms, costs: {family} trades on a cash account without terms or slippage by bar")
    return plan.signals(family, panel, members, tie_rtol)


@dataclass(frozen=True, eq=False)
class _Plan:
    """What every member of a sweep shares."""

    bars: Bars
    settings: Settings
    lengths: IntArray
    threads: int
    spread: _Spread | None = None

    def signals(
        self, family: str, panel: Panel | FloatArray, members: Members, tie_rtol: float
    ) -> SweepResult:
        """A family in Rust, all members in one call."""
        if self.bars.shape[1] != 1:
            raise ConfigError(
                f"panel: {family} trades one instrument, got {self.bars.shape[1]}; choose with panel.only(symbol)"
            )
        columns, table = self._columns(family, panel), members.table()
        if self.spread is None:
            found, sums = self._in_rust(family, columns, table, tie_rtol)
        else:
            found, sums = self.spread.measured(family, members, self, schedules=False)

        def account(k: int) -> Result:
            entries, exits = member_signals(family, table[k : k + 1], columns, float(tie_rtol))
            return self._of_signals(panel, entries, exits)

        return SweepResult(family, members, found, sums, self.lengths, self.bars, self.settings, account)

    def _in_rust(
        self, family: str, columns: dict[str, FloatArray], table: FloatArray, tie_rtol: float
    ) -> tuple[dict[str, Any], FloatArray]:
        try:
            found = _core.bar_sweep(
                family,
                columns["close"],
                np.ascontiguousarray(self.bars.price[:, 0]),
                table,
                self.settings.core(1),
                high=columns.get("high"),
                low=columns.get("low"),
                tie_rtol=float(tie_rtol),
                blocks=len(self.lengths),
                threads=self.threads,
            )
        except DataError:
            self.bars.check_prices(self.settings.fill)
            raise
        found["sharpe"] *= np.sqrt(self.bars.periods_per_year)
        return found, found.pop("sums")

    def portfolios(
        self, name: str, function: Callable[..., Any], panel: Panel | FloatArray, members: Members
    ) -> SweepResult:
        """A function of weights, its schedules run in chunks."""
        if self.spread is None:
            measures, sums = self._in_chunks(name, function, panel, members)
        else:
            known = name if name in _PORTFOLIOS else function_name(function)
            measures, sums = self.spread.measured(known, members, self, schedules=True)

        def account(k: int) -> Result:
            weights = self._weights(name, function, panel, members.row(k))
            (schedule,), _ = as_schedules(weights, *self.bars.shape)
            (made,) = run_schedules(self.bars, [schedule], self.settings, full=False, threads=1)
            return Result.from_engine(made, bars=self.bars, schedule=schedule, settings=self.settings)

        return SweepResult(name, members, measures, sums, self.lengths, self.bars, self.settings, account)

    def _in_chunks(
        self, name: str, function: Callable[..., Any], panel: Panel | FloatArray, members: Members
    ) -> tuple[dict[str, Any], FloatArray]:
        chunk = max(1, min(_CHUNK_MOST, _CHUNK_BYTES // (24 * self.bars.close.size)))
        parts = []
        for first in range(0, len(members), chunk):
            rows = range(first, min(first + chunk, len(members)))
            parts.append(self._chunk([self._weights(name, function, panel, members.row(k)) for k in rows]))
        measures = {key: np.concatenate([part[0][key] for part in parts]) for key in parts[0][0]}
        return measures, np.concatenate([part[1] for part in parts])

    def _weights(self, name: str, function: Callable[..., Any], panel: Any, params: dict[str, Any]) -> Any:
        weights = function(panel, **params)
        if isinstance(weights, (list, tuple)) or getattr(weights, "ndim", 2) != 2:
            raise DataError(f"{name}: expected (T, N) weights or a Schedule for {params}, got several")
        return weights

    def _chunk(self, weights: list[Any]) -> tuple[dict[str, Any], FloatArray]:
        from quantrl.metrics import table

        schedules, _ = as_schedules(weights, *self.bars.shape)
        threads = min(self.threads, len(schedules))
        made = run_schedules(self.bars, schedules, self.settings, full=True, threads=threads)
        results = [
            Result.from_engine(account, bars=self.bars, schedule=schedule, settings=self.settings)
            for account, schedule in zip(made, schedules, strict=True)
        ]
        returns = np.column_stack([result.returns for result in results])
        names = ("total", "sharpe", "max_drawdown")
        measured = table(returns, periods_per_year=self.bars.periods_per_year, measures=names)
        found = {name: measured[name] for name in names}
        found["trades"] = np.array([_opened(account["units"]) for account in made], dtype=np.int64)
        starts = np.cumsum(self.lengths) - self.lengths
        both = np.stack([returns, returns**2], axis=2)
        return found, np.add.reduceat(both, starts, axis=0).transpose(1, 0, 2).reshape(len(made), -1)

    def _of_signals(self, panel: Panel | FloatArray, entries: Any, exits: Any) -> Result:
        settings, is_array = self.settings, isinstance(panel, np.ndarray)
        (result,) = run_signals(
            panel,
            entries,
            exits,
            fill=settings.fill,
            costs=settings.costs,
            initial_cash=settings.initial_cash,
            open=self.bars.price if is_array and settings.fill == "next_open" else None,
            periods_per_year=self.bars.periods_per_year,
            threads=1,
        )
        return result

    def _columns(self, family: str, panel: Any) -> dict[str, FloatArray]:
        """Contiguous (T,) columns that the signals are made from."""
        names = ("close", "high", "low") if family == "donchian" else ("close",)
        arrays = {"close": self.bars.close}
        for name in names[1:]:
            if isinstance(panel, np.ndarray) or name not in panel:
                raise ConfigError(
                    f"panel: {family} needs the column {name!r}, which the data lacks; "
                    "panel.with_columns(high=..., low=...) adds one"
                )
            arrays[name] = panel[name]
        return {name: np.ascontiguousarray(array[:, 0]) for name, array in arrays.items()}


@dataclass(frozen=True, eq=False)
class _Spread:
    """A sweep in tasks: what every one of them is given."""

    sharding: Sharding
    panel: Panel | FloatArray
    open: FloatArray | None
    options: dict[str, Any]
    threads: int

    def measured(
        self, family: str, members: Members, plan: _Plan, *, schedules: bool
    ) -> tuple[dict[str, Any], FloatArray]:
        """Measures and sums of all members, from tasks done now or before."""
        settings, bars = plan.settings, plan.bars
        decides = identity(family, bars.id, {**self.options, **settings.to_config()})
        given = {
            "fill": settings.fill,
            "costs": settings.costs,
            "initial_cash": settings.initial_cash,
            "terms": settings.terms,
            "open": self.open,
            "threads": self.threads,
        }
        shared = {"family": family, "panel": self.panel, "options": {**self.options, **given}}
        tasks = self.sharding.tasks(members, bars.shape[0], schedules=schedules)
        return self.sharding.measured(shared, decides, tasks)


def _opened(units: FloatArray) -> int:
    """Positions opened: names that are held after a bar and were not before it."""
    held = units != 0.0
    return int(held[0].sum() + (held[1:] & ~held[:-1]).sum())
