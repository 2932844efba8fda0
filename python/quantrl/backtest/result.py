"""What an account did: columns per bar, measures, fills, and the proof that the books balance."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantrl.backtest._engine import CARRY, COLUMNS, run_schedules
from quantrl.backtest.bars import Bars
from quantrl.backtest.record import Record
from quantrl.backtest.schedule import Schedule
from quantrl.backtest.settings import Settings
from quantrl.errors import AuditError
from quantrl.typing import FloatArray, JsonObject

if TYPE_CHECKING:
    from quantrl.backtest._audit import AuditReport
    from quantrl.backtest.leaks import LookaheadReport
    from quantrl.backtest.sensitivity import Breakeven
    from quantrl.metrics import Measure


@dataclass(frozen=True, eq=False)
class Result:
    """History of one account. Made by `run_weights` and `run_agent`.

    Parameters
    ----------
    columns : mapping of str to (T,) float64
        ``equity cash traded cost gross scale fill_equity``, under `Terms` also ``dividends interest short_fees``; also
        attributes, see there.
    pending : (N,) or (0,) float64
        The decision no later bar could fill.
    bars, schedule, settings
        What it was run on.
    kept : Record, optional
        Units, fills and drops, if the run kept them; `record` makes them otherwise.
    """

    columns: Mapping[str, FloatArray]
    pending: FloatArray
    bars: Bars
    schedule: Schedule
    settings: Settings
    kept: Record | None = None

    @staticmethod
    def from_engine(
        account: Mapping[str, NDArray[Any]], *, bars: Bars, schedule: Schedule, settings: Settings
    ) -> Result:
        """From one dict of the engine's columns."""
        columns = {name: account[name] for name in (*COLUMNS, *CARRY) if name in account}
        for column in (*columns.values(), account["pending"]):
            column.flags.writeable = False
        kept = Record.from_engine(account) if "units" in account else None
        return Result(columns, account["pending"], bars, schedule, settings, kept)

    @property
    def equity(self) -> FloatArray:
        """(T,) cash plus positions at the close, or at their last known price."""
        return self.columns["equity"]

    @property
    def cash(self) -> FloatArray:
        """(T,) currency not invested; never negative but on margin."""
        return self.columns["cash"]

    @property
    def traded(self) -> FloatArray:
        """(T,) currency bought plus sold, at reference prices."""
        return self.columns["traded"]

    @property
    def cost(self) -> FloatArray:
        """(T,) fees and slippage, currency."""
        return self.columns["cost"]

    @property
    def gross(self) -> FloatArray:
        """(T,) sum of the sizes of positions over equity."""
        return self.columns["gross"]

    @property
    def scale(self) -> FloatArray:
        """(T,) factor in [0, 1] that made the targets fit the cash (the buys, where their size was fixed at the
        decision); NaN where nothing was decided."""
        return self.columns["scale"]

    @property
    def fill_equity(self) -> FloatArray:
        """(T,) equity at the fill point, before trading."""
        return self.columns["fill_equity"]

    @property
    def dividends(self) -> FloatArray:
        """(T,) currency received, less that paid on shorts; 0 without `Terms.actions`."""
        return self._carry("dividends")

    @property
    def interest(self) -> FloatArray:
        """(T,) currency received less paid."""
        return self._carry("interest")

    @property
    def short_fees(self) -> FloatArray:
        """(T,) currency paid for shorts."""
        return self._carry("short_fees")

    @property
    def ruined_at(self) -> int | None:
        """The bar that left no equity; from there on the account stands still."""
        lost = np.flatnonzero(self.equity <= 0.0)
        return int(lost[0]) if lost.size else None

    @property
    def returns(self) -> FloatArray:
        """(T,) simple net returns; the first one is from the starting cash. 0 after ruin."""
        before = np.concatenate([[self.settings.initial_cash], self.equity[:-1]])
        alive = len(before) if self.ruined_at is None else self.ruined_at + 1
        returns = np.zeros(len(before))
        returns[:alive] = self.equity[:alive] / before[:alive] - 1.0
        return returns

    @cached_property
    def measures(self) -> dict[str, Measure]:
        """Every measure by name, with the reason where it is undefined."""
        from quantrl.backtest._measures import account_measures

        return account_measures([self]).of("0")

    def intervals(
        self, *, level: float = 0.95, draws: int = 2000, seed: int = 0
    ) -> dict[str, tuple[float, float]]:
        """Percentile intervals of ``sharpe``, ``vol`` and ``cagr``, annualised as `measures` are.

        Parameters
        ----------
        level, draws, seed
            As in `quantrl.metrics.intervals`, which does the work.

        Returns
        -------
        dict of str to (low, high)
            NaN where the measure is undefined.
        """
        from quantrl.metrics import intervals

        annual = self.bars.periods_per_year
        found = intervals(self.returns, periods_per_year=annual, level=level, draws=draws, seed=seed)
        return {name: (float(low[0]), float(high[0])) for name, (low, high) in found.items()}

    @cached_property
    def record(self) -> Record:
        """Units, fills and drops; re-run if they were not kept.

        Raises
        ------
        AuditError
            The re-run gave another equity, bit for bit.
        """
        if self.kept is not None:
            return self.kept
        (account,) = run_schedules(self.bars, [self.schedule], self.settings, full=True, threads=1)
        changed = np.flatnonzero(account["equity"] != self.equity)
        if changed.size:
            raise AuditError(f"bar {changed[0]}: a re-run of the same decisions gave another equity")
        return Record.from_engine(account)

    @property
    def units(self) -> FloatArray:
        """(T, N) units held after each bar."""
        return self.record.units

    @cached_property
    def fills(self) -> pl.DataFrame:
        """``time decided instrument units price fee slippage``; times in ns, price before slippage."""
        return self.record.fills.frame(self.bars)

    @cached_property
    def drops(self) -> pl.DataFrame:
        """Targets that were not filled: ``time decided instrument reason``."""
        return self.record.drops.frame(self.bars)

    @cached_property
    def trades(self) -> pl.DataFrame:
        """Every position from flat to flat with its profit after costs: `trades.round_trips`."""
        from quantrl.backtest.trades import round_trips

        return round_trips(self)

    @cached_property
    def trade_measures(self) -> dict[str, Measure]:
        """``trades hit profit_factor sqn holding`` of closed round trips, with reasons: `trades.trade_measures`."""
        from quantrl.backtest.trades import trade_measures

        return trade_measures(self.trades)

    @property
    def flags(self) -> tuple[str, ...]:
        """What a reader should know: those of the data, then ``same_bar``, ``zero_cost``, ``margin`` and ``ruined``."""
        own = (
            ("same_bar", self.settings.delay == 0),
            ("zero_cost", self.settings.costs.is_zero),
            ("margin", self.settings.terms.margin is not None),
            ("ruined", self.ruined_at is not None),
        )
        return (*self.bars.flags, *(name for name, applies in own if applies))

    def _carry(self, name: str) -> FloatArray:
        return self.columns[name] if name in self.columns else np.zeros(len(self.equity))

    @property
    def config(self) -> JsonObject:
        """Settings of the run as plain values."""
        return {**self.settings.to_config(), "periods_per_year": self.bars.periods_per_year}

    @property
    def panel_id(self) -> str:
        """sha256 of the data."""
        return self.bars.id

    def digest(self) -> str:
        """sha256 over the account's columns and the pending decision: equal bits, equal digest."""
        digest = hashlib.sha256()
        for name, column in (*self.columns.items(), ("pending", self.pending)):
            plain = np.where(np.isnan(column), np.nan, column).astype("<f8")
            digest.update(f"{name} {plain.size} ".encode())
            digest.update(plain.tobytes())
        return digest.hexdigest()

    def frame(self) -> pl.DataFrame:
        """One row per bar: ``time`` in nanoseconds, the columns, ``return``."""
        return pl.DataFrame({"time": self.bars.time, **self.columns, "return": self.returns})

    def audit(self) -> AuditReport:
        """Check every accounting identity against the inputs, with none of the engine's code.

        Returns
        -------
        AuditReport
            No breach, and the largest residual of each identity.

        Raises
        ------
        AuditError
            An identity does not hold: the bar, the identity and the residual.
        """
        from quantrl.backtest._audit import audit

        report = audit(self)
        report.raise_if_breached()
        return report

    def cost_curve(self, multipliers: Sequence[float] = (0, 0.5, 1, 1.5, 2, 3, 5, 10)) -> pl.DataFrame:
        """The same decisions with every cost multiplied: `sensitivity.cost_curve`."""
        from quantrl.backtest.sensitivity import cost_curve

        return cost_curve(self, multipliers)

    def breakeven(self) -> Breakeven:
        """The multiple of these costs that leaves no net return: `sensitivity.breakeven`."""
        from quantrl.backtest.sensitivity import breakeven

        return breakeven(self)

    @cached_property
    def attribution(self) -> pl.DataFrame:
        """What each instrument earned, before and after costs: `attribution.attribution`."""
        from quantrl.backtest.attribution import attribution

        return attribution(self)

    def report(
        self,
        path: str | Path,
        *,
        name: str | None = None,
        lookahead: LookaheadReport | None = None,
        seed: int = 0,
    ) -> Path:
        """Audit the account and write a run folder with its tear sheet: `tearsheet.write_run`.

        Parameters
        ----------
        path : path
            The folder, or ``report.html`` in it. A run folder there is replaced; ``trials.jsonl`` beside it counts the run.
        name : str, optional
            What the page calls it; by default the folder's name.
        lookahead : LookaheadReport, optional
            What `lookahead_check` found, for the page to tell.
        seed : int
            Of the intervals and random schedules.

        Returns
        -------
        Path
            ``report.html``, or without ``quantrl[report]`` the folder, whose text `quantrl.report.text` gives.

        Raises
        ------
        AuditError
            An accounting identity does not hold.
        DataError
            The account was run on bare arrays, which have no dates.
        RunError
            `path` is something else than a run folder, or cannot be written.
        """
        from quantrl.backtest.tearsheet import write_run

        return write_run(self, Path(path), name=name, lookahead=lookahead, seed=seed)

    def to_vectorbt(self, *, engine: str | None = None) -> Any:
        """The account as a ``vectorbt.Portfolio``: the same fills as its orders, for its plots and records.

        Parameters
        ----------
        engine : str, optional
            ``numba`` or ``rust``; vectorbt's own choice by default.

        Returns
        -------
        vectorbt.Portfolio
            One group that shares cash. Slippage is part of the order price, every other cost a fixed fee. Its year has
            365 days, so a bar lasts 365 / `periods_per_year` of them: its annual measures then have our factor, and its
            durations count such days. Its drawdowns start from the first bar's equity, ours from the starting cash.

        Raises
        ------
        ConfigError
            vectorbt is not installed: names the extra. Or the account did what its portfolio cannot express, with the
            bar: borrowed cash, dividends, interest, fees of shorts, splits, delistings.
        """
        from quantrl.backtest._vectorbt import portfolio

        return portfolio(self, engine)

    def __repr__(self) -> str:
        bars, names = self.bars.shape
        return (
            f"Result({bars} bars x {names} instruments, {self.settings.fill}, {self.settings.sizing}, "
            f"equity {self.settings.initial_cash:,.2f} -> {self.equity[-1]:,.2f})"
        )
