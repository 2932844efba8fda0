"""The one way targets become returns: agent, controls and baselines in the same engine, on the same bars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from quantrl.agents.sharpe_portfolio.evaluation.series import Series
from quantrl.backtest import Costs, Result, Schedule, run_weights
from quantrl.envs.portfolio import PortfolioConfig
from quantrl.errors import ConfigError
from quantrl.metrics import table
from quantrl.typing import FloatArray
from quantrl.units import BP

if TYPE_CHECKING:
    from quantrl.data import Panel

Span = tuple[int, int]
"""Half-open range of panel rows; the first row decides and earns nothing."""

Summary = dict[str, float | None]
_MEASURES = ("sharpe", "cagr", "total", "vol", "max_drawdown")
_AT_ONCE = 128


@dataclass(frozen=True, eq=False)
class Account:
    """What one schedule earned over a span.

    Attributes
    ----------
    series : Series
        Returns of every bar but the first, which nothing was held in.
    summary : dict
        ``sharpe cagr total vol max_drawdown turnover cost_bps_year cost_share exposure``; None where undefined.
        Turnover is value bought and sold over equity, a year. Cost share is cost over gain before cost.
    """

    series: Series
    summary: Summary

    @property
    def sharpe(self) -> float:
        """Annualised; NaN where undefined."""
        value = self.summary["sharpe"]
        return float("nan") if value is None else value


@dataclass(frozen=True, eq=False)
class Ground:
    """A panel and the rules of trading on it.

    Parameters
    ----------
    panel : Panel
    config : PortfolioConfig
        Fill, sizing, costs and periods per year are taken from it.
    """

    panel: Panel
    config: PortfolioConfig
    _slices: dict[Span, Panel] = field(default_factory=dict)

    @property
    def periods_per_year(self) -> float:
        """Bars in a year."""
        periods = self.config.periods_per_year or self.panel.periods_per_year
        if periods is None:
            raise ConfigError("env.periods_per_year: required for this panel; it is never guessed")
        return float(periods)

    def accounts(
        self, schedules: Mapping[str, Schedule], span: Span, *, bps: float | None = None
    ) -> dict[str, Account]:
        """An account from cash for each schedule, whose rows are those of the panel.

        Parameters
        ----------
        schedules : mapping of str to Schedule
        span : (int, int)
            Panel rows of the account; decisions outside are refused.
        bps : float, optional
            Cost of both sides in place of that of the settings.
        """
        if not schedules:
            return {}
        results = self._run(list(schedules.values()), span, bps)
        return {name: self._account(name, result) for name, result in zip(schedules, results, strict=True)}

    def sharpes(self, schedules: Iterable[Schedule], span: Span) -> FloatArray:
        """Annualised Sharpe ratio of each schedule, NaN where undefined; never more than a few in memory."""
        stream, found = iter(schedules), []
        while some := list(islice(stream, _AT_ONCE)):
            returns = np.column_stack([result.returns[1:] for result in self._run(some, span, None)])
            found.append(
                table(returns, periods_per_year=self.periods_per_year, measures=["sharpe"])["sharpe"]
            )
        return np.concatenate(found) if found else np.empty(0)

    def _run(self, schedules: Sequence[Schedule], span: Span, bps: float | None) -> list[Result]:
        moved = [
            Schedule(s.rows - span[0] if s.rows is not None else None, s.values, s.name) for s in schedules
        ]
        return run_weights(
            self._slice(span),
            moved,
            fill=self.config.fill,
            sizing=self.config.sizing,
            costs=costs_of(self.config) if bps is None else Costs(bps=bps),
            periods_per_year=self.periods_per_year,
        )

    def _slice(self, span: Span) -> Panel:
        if span not in self._slices:
            time = self.panel.time
            self._slices[span] = self.panel.between(int(time[span[0]]), int(time[span[1] - 1]))
        return self._slices[span]

    def _account(self, name: str, result: Result) -> Account:
        series = Series(name, result.bars.time[1:], result.returns[1:])
        measured = table(series.returns, periods_per_year=self.periods_per_year, measures=_MEASURES).of("0")
        summary = {measure: finite(value.value) for measure, value in measured.items()}
        return Account(series, summary | _traded(result))


def costs_of(config: PortfolioConfig) -> Costs:
    """Costs of an account as the environment charges them.

    Raises
    ------
    ConfigError
        Rates that differ by side and by name at once.
    """
    if config.buy_bps is None and config.sell_bps is None:
        rate = config.cost_bps
        # Without a fee, slippage s costs s on either side: a rate per name.
        return Costs(bps=0.0, slippage_bps=rate) if isinstance(rate, tuple) else Costs(bps=rate)
    buy = config.cost_bps if config.buy_bps is None else config.buy_bps
    sell = config.cost_bps if config.sell_bps is None else config.sell_bps
    if isinstance(buy, tuple) or isinstance(sell, tuple):
        raise ConfigError("env.buy_bps, env.sell_bps: expected one rate for all names in an evaluation")
    return Costs(buy_bps=buy, sell_bps=sell)


def finite(value: float) -> float | None:
    """The number, or None where it is not one: JSON knows no NaN."""
    return float(value) if np.isfinite(value) else None


def _traded(result: Result) -> Summary:
    annual = result.bars.periods_per_year
    cost = float(result.cost.sum())
    gain = float(result.equity[-1]) - result.settings.initial_cash + cost
    before = result.equity[:-1]
    return {
        "turnover": float(annual * np.mean(result.traded[1:] / result.fill_equity[1:])),
        "cost_bps_year": float(annual * np.mean(result.cost[1:] / before) / BP),
        "cost_share": cost / gain if gain > 0 else None,
        "exposure": float(np.mean(result.gross[1:])),
    }
