"""What does not change while a contest runs: data, days, prices, who takes part, who answers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from quantrl.backtest.costs import Costs
from quantrl.backtest.fills import fill_prices
from quantrl.backtest.market_costs import market
from quantrl.backtest.settings import Settings
from quantrl.contest.calendar import Calendar, DayTimeline
from quantrl.contest.clock import Clock
from quantrl.contest.config import ContestConfig
from quantrl.contest.desk import Desk
from quantrl.contest.documents.store import DocumentStore
from quantrl.contest.entities import Entities
from quantrl.contest.fundamentals import Fundamentals
from quantrl.contest.presets import Mechanism
from quantrl.contest.roster import Roster
from quantrl.contest.zi import day_returns
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray

if TYPE_CHECKING:
    from quantrl.data import Panel


@dataclass(frozen=True, eq=False)
class World:
    """Parts of a contest that its steps read.

    Attributes
    ----------
    config : ContestConfig
    mechanism : Mechanism
        Every field said.
    panel : Panel
    docs : DocumentStore
    calendar : Calendar
    settings : Settings
        Of every account.
    roster : Roster
    desk : Desk
    entities : Entities
        The allow-list of symbols.
    fundamentals : Fundamentals or None
        Filed figures.
    """

    config: ContestConfig
    mechanism: Mechanism
    panel: Panel
    docs: DocumentStore
    calendar: Calendar
    settings: Settings
    roster: Roster
    desk: Desk
    entities: Entities
    fundamentals: Fundamentals | None = None

    @classmethod
    def of(
        cls,
        config: ContestConfig,
        panel: Panel,
        docs: DocumentStore,
        desk: Desk,
        fundamentals: Fundamentals | None = None,
    ) -> World:
        """Join the parts, checking each before any question is asked.

        Raises
        ------
        ConfigError
            A part that does not fit the others.
        """
        if panel.periods_per_year is None:
            raise ConfigError("panel: periods_per_year is required, for example 252.0; it is never guessed")
        mechanism = config.mechanism
        fill = config.backtest.fill
        clock = Clock.of_panel(panel, fill, open_time=config.open_time, lead_s=config.lead_s)
        known = docs.entities
        entities = Entities(panel.instruments, known.aliases) if known else Entities.known(panel.instruments)
        return cls(
            config,
            mechanism,
            panel,
            docs,
            Calendar.of(config, panel, clock),
            account(config, mechanism),
            Roster.of(config, panel, docs.sources),
            desk,
            entities,
            fundamentals,
        )

    @property
    def clock(self) -> Clock:
        """Decision instants."""
        return self.calendar.clock

    @property
    def symbols(self) -> tuple[str, ...]:
        """N instruments in column order."""
        return self.panel.instruments

    @property
    def periods_per_year(self) -> float:
        """Days a year."""
        return float(self.panel.periods_per_year or 252.0)

    @cached_property
    def timeline(self) -> DayTimeline:
        """Times of the accounts' bars."""
        return DayTimeline(self.panel, self.settings.fill, self.calendar)

    @cached_property
    def bars(self) -> Panel:
        """The bars the accounts walk through: from the one before the first day to the last day."""
        panel, c = self.panel, self.calendar
        return panel.between(int(panel.time[c.base]), int(panel.time[c.last]))

    @cached_property
    def prices(self) -> tuple[FloatArray, FloatArray]:
        """(rows, N) closes, and prices decisions are filled at."""
        fills = np.ascontiguousarray(fill_prices(self.bars, self.settings.fill))
        return self.bars["close"], fills

    @cached_property
    def returns(self) -> FloatArray:
        """(T, N) r(s) of every bar of the panel; row s may be read once it has matured."""
        return day_returns(self.panel, self.settings.fill, locked=self.mechanism.locked or "out")

    def matured_returns(self, s: int, t: int) -> FloatArray:
        """(N,) r(s) as read at d(t).

        Raises
        ------
        LookAheadError
            It is not known then.
        """
        self.clock.check_score(s, t)
        row: FloatArray = self.returns[s]
        return row

    def realised(self, action: str, symbol: str, returns: FloatArray) -> float:
        """What one day of a signal earned at returns (N,): in its direction, net of a round trip; NaN of a hold."""
        sign = {"buy": 1.0, "sell": -1.0}.get(action, np.nan)
        return float(sign * returns[self.column[symbol]] - self.round_trip)

    @cached_property
    def column(self) -> dict[str, int]:
        """Place of each symbol."""
        return {symbol: i for i, symbol in enumerate(self.symbols)}

    @cached_property
    def round_trip(self) -> float:
        """Costs of buying and selling one unit of value, as a fraction."""
        costs = self.settings.costs
        slippage = float(np.mean(costs.slippage(self.panel.n_instruments)))
        return (costs.buy + costs.sell + 2.0 * slippage) * 1e-4


def account(config: ContestConfig, mechanism: Mechanism) -> Settings:
    """Settings of every account: the costs of ``backtest.costs`` where they are given, else the market's.

    Raises
    ------
    ConfigError
        Unknown market, or costs that change inside the run.
    """
    given = config.backtest
    if "costs" in given.model_fields_set:
        costs = Costs.from_config(given.costs)
    else:
        first = config.calibration.start if config.calibration else config.start
        span = (dt.date.fromisoformat(first), dt.date.fromisoformat(config.end))
        costs = market(mechanism.market or "us").over(*span)
    return Settings(given.fill, given.sizing, costs, config.initial_cash)
