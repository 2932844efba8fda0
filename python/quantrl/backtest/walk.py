"""An agent led through a panel: it sees views, and holds what its own decisions made of the starting cash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from quantrl.agent import Agent, Decision
from quantrl.backtest._engine import KEEPS, check_keep, run_schedules
from quantrl.backtest.bars import Bars, as_bars
from quantrl.backtest.costs import Costs
from quantrl.backtest.feed import Feed
from quantrl.backtest.result import Result
from quantrl.backtest.schedule import Schedule
from quantrl.backtest.session import Bar, BarSession
from quantrl.backtest.settings import Settings
from quantrl.backtest.terms import Terms
from quantrl.errors import DataError, OrderError
from quantrl.typing import FloatArray

if TYPE_CHECKING:
    from quantrl.data import Panel

_TEN_BP = Costs()
_PLAIN = Terms()


def run_agent(
    agent: Agent,
    panel: Panel,
    *,
    fill: str = "next_open",
    sizing: str = "post_cost",
    costs: Costs = _TEN_BP,
    initial_cash: float = 1_000_000.0,
    terms: Terms = _PLAIN,
    keep: str = "equity",
    threads: int | None = None,
    periods_per_year: float | None = None,
) -> Result:
    """Let one agent decide after every close of a panel, and hold what it decides.

    Parameters
    ----------
    agent : Agent
        Asked once per bar; ``view.held`` is what it holds at that close, before it decides.
    panel : Panel
        An agent sees views of it, so a bare array is refused.
    fill, sizing, costs, initial_cash, terms, keep, threads, periods_per_year
        As in `run_weights`.

    Returns
    -------
    Result
        That of `run_weights` on the weights decided, bit for bit.

    Raises
    ------
    OrderError
        A decision that the account cannot hold: names the bar.
    DataError, ConfigError
        As in `run_weights`.
    """
    if not hasattr(panel, "reveal"):
        raise DataError(f"panel: an agent needs a Panel, got {type(panel).__name__}")
    settings = Settings(fill=fill, sizing=sizing, costs=costs, initial_cash=initial_cash, terms=terms)
    check_keep(keep, KEEPS[1:])
    bars = as_bars(panel, fill=fill, periods_per_year=periods_per_year)
    schedule = Schedule(None, decide_all(agent, panel, bars, settings))
    full = keep == "full"
    (account,) = run_schedules(bars, [schedule], settings, full=full, threads=threads)
    return Result.from_engine(account, bars=bars, schedule=schedule, settings=settings)


def decide_all(
    agent: Agent, panel: Panel, bars: Bars, settings: Settings, *, stop: int | None = None
) -> FloatArray:
    """Weights (T, N) the agent decides after each of the first `stop` bars, in order; NaN after those."""
    walk, reveal = Walk(bars, settings), panel.reveal()
    for t in range(bars.shape[0] if stop is None else stop):
        view = reveal.at(int(bars.time[t])).with_held(walk.held())
        walk.step(decided(agent.decide(view), t, bars.shape[1], walk.max_gross))
    return walk.weights


class Walk:
    """An account led bar by bar, and the weights (T, N) decided on the way; NaN where nothing was."""

    def __init__(self, bars: Bars, settings: Settings) -> None:
        self.weights = np.full(bars.shape, np.nan)
        margin = settings.terms.margin
        self.max_gross = None if margin is None else margin.max_gross
        self._bars, self._t = bars, 0
        self._feed = None if settings.is_plain else Feed.of(bars, settings)
        self._session = BarSession(
            bars.shape[1],
            fill=settings.fill,
            sizing=settings.sizing,
            costs=settings.costs,
            initial_cash=settings.initial_cash,
            terms=settings.terms,
        )

    def held(self) -> FloatArray:
        """(N,) weights held at the close of the current bar, before a decision."""
        return self._session.look(self._bar())

    def step(self, weights: FloatArray | None) -> None:
        """Decide on the current bar, None for nothing, and go to the next."""
        bar = self._bar()
        if weights is not None:
            self.weights[self._t] = weights
        self._session.step(bar, self.weights[self._t])
        self._t += 1

    def _bar(self) -> Bar:
        day = None if self._feed is None else self._feed.day(self._t)
        return Bar(self._bars.close[self._t], self._bars.price[self._t], day)


def decided(decision: Any, bar: int, n: int, max_gross: float | None) -> FloatArray:
    """The weights of a decision that such an account can hold; errors name the bar."""
    if not isinstance(decision, Decision):
        raise OrderError(f"bar {bar}: expected a Decision, got {type(decision).__name__}")
    try:
        return decision.checked_weights(n, max_gross=max_gross)
    except OrderError as error:
        raise OrderError(f"bar {bar}: {error}") from None
