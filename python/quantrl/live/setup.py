"""What a book stands on and never changes: its config, feed, venue, agents and limits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quantrl.agent import Native
from quantrl.backtest.costs import Costs
from quantrl.backtest.fills import fill_prices
from quantrl.backtest.settings import Settings
from quantrl.data.growing import Growing
from quantrl.errors import ConfigError
from quantrl.live.config import PaperConfig
from quantrl.live.feeds.of_config import AnyFeed, feed_of, sessions_of
from quantrl.live.feeds.recorded import Recorded
from quantrl.live.instruments import Instruments
from quantrl.live.journal import Journal
from quantrl.live.limits import RiskLimits
from quantrl.live.reallocation import Terms
from quantrl.live.schedule import Schedule
from quantrl.live.sessions import OPEN, Sessions
from quantrl.live.storage import DISK, Disk
from quantrl.live.venue.desk import Desk
from quantrl.live.venue.sim import BarVenue
from quantrl.live.venue.ticks import MARKET, TickVenue
from quantrl.selection.entrant import Entrant, entrants
from quantrl.selection.field import Field
from quantrl.selection.pipeline import Pipeline
from quantrl.selection.sleeves import Sleeves
from quantrl.selection.timeline import Timeline
from quantrl.typing import FloatArray

if TYPE_CHECKING:
    from quantrl.data import Panel

CALENDAR = "calendar"
"""Where a journal keeps the sessions it was made with."""


@dataclass(frozen=True)
class Setup:
    """Made by `Setup.of`; the same for the daemon, for recovery and for a check of what was recorded.

    Parameters
    ----------
    config : PaperConfig
    panel : Panel
        The feed's data; sleeves of recorded returns are instruments after the market's.
    market : Panel
        What agents see of it.
    instruments : Instruments
    feed : Recorded, EventFeed or SyntheticFeed
    venue : BarVenue
        Fills bars.
    ticks : TickVenue or None
        Fills on an event feed; None for bars.
    entrants : tuple of Entrant
        In order of their index.
    limits : RiskLimits
    terms : Terms
    timeline : Timeline
    close, price : (T, N) float64
        What shadow accounts are marked and filled at.
    capital : int
        Cash units.
    book_id : bytes
    sessions : Sessions or None
        When an event feed's market is open; None: whenever there are events.
    keeps_ledger : bool
        Whether matured results stay in memory once they are scored: for who wants them all, not for a book that runs.
    """

    config: PaperConfig
    panel: Panel
    market: Panel
    instruments: Instruments
    feed: AnyFeed
    venue: BarVenue
    ticks: TickVenue | None
    entrants: tuple[Entrant, ...]
    limits: RiskLimits
    terms: Terms
    timeline: Timeline
    close: FloatArray
    price: FloatArray
    capital: int
    book_id: bytes
    sessions: Sessions | None = None
    keeps_ledger: bool = False

    @staticmethod
    def of(
        config: PaperConfig,
        *,
        sha256: str | None = None,
        panel: Panel | None = None,
        sessions: Sessions | None = None,
        book_id: bytes | None = None,
    ) -> Setup:
        """Read the feed and build everything.

        Parameters
        ----------
        config : PaperConfig
        sha256 : str, optional
            What the feed hashed to when the book was made.
        panel : Panel, optional
            The data of the config, if loaded already.
        sessions : Sessions, optional
            Those the book was made with; without them a config with a calendar has it compiled.
        book_id : bytes, optional
            What the book was named when it was made: a later release may know more keys of a config.

        Raises
        ------
        ConfigError
            An agent, a size or a limit that does not fit.
        FeedError
            Data that changed, or that no market could have printed.
        """
        members = _members(config)
        sleeves, feed = feed_of(config, members, sha256, panel)
        sessions = sessions_of(config, feed) if sessions is None else sessions
        panel, instruments, fill = feed.panel, feed.instruments(), config.backtest.fill
        # Mids that are still to come can be traded once they are there.
        growing = isinstance(panel, Growing)
        price = panel["close"] if growing else np.ascontiguousarray(fill_prices(panel, fill))
        return Setup(
            config=config,
            panel=panel,
            market=panel if sleeves is None else sleeves.market,
            instruments=instruments,
            feed=feed,
            venue=BarVenue(instruments, Costs.from_config(config.backtest.costs)),
            ticks=_venue(config, feed),
            entrants=members if sleeves is None else sleeves.seated(members),
            limits=config.limits(len(instruments)),
            terms=config.rounds.terms(),
            timeline=Timeline(panel if sleeves is None else sleeves.market, fill),
            close=panel["close"],
            price=price,
            capital=config.capital(),
            book_id=book_id or config.book_id(feed.sha256, b"" if sessions is None else sessions.digest()),
            sessions=sessions,
        )

    @property
    def n_agents(self) -> int:
        """A."""
        return len(self.entrants)

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the agents."""
        return tuple(entrant.label for entrant in self.entrants)

    @property
    def tv(self) -> Sequence[int]:
        """(N,) cash units per lot and tick."""
        return self.instruments.tv

    def natives(self) -> dict[int, Native]:
        """Fresh native agents by index; the others are hosted."""
        fresh = _members(self.config)
        if self.config.feed.kind == "bars":
            fresh = Sleeves.of(fresh, self.market).seated(fresh)
        return {i: one.agent for i, one in enumerate(fresh) if isinstance(one.agent, Native)}

    def desk(self) -> Desk | None:
        """A fresh desk at the start of an event feed; None for bars."""
        return None if self.ticks is None else self.ticks.desk()

    def schedule(self) -> Schedule | None:
        """Jobs of each session, none done; None without a calendar."""
        if self.sessions is None or self.config.calendar is None:
            return None
        return Schedule(self.sessions, self.config.calendar.job_table(), self.feed.genesis_ts)

    def is_open(self, ts: int) -> bool:
        """Whether orders may leave at a time, as far as the calendar goes."""
        return self.sessions is None or self.sessions.state(ts) == OPEN

    def field(self) -> Field:
        """Fresh shadow accounts, ledger and pipeline."""
        config = self.config
        settings = Settings(
            config.backtest.fill,
            config.backtest.sizing,
            Costs.from_config(config.backtest.costs),
            config.initial_cash,
        )
        assert self.panel.periods_per_year is not None
        return Field(
            self.labels,
            [entrant.kind for entrant in self.entrants],
            len(self.instruments),
            self.timeline,
            settings,
            Pipeline.default(
                config.selection, seed=config.seed, periods_per_year=self.panel.periods_per_year
            ),
            forgets=not self.keeps_ledger,
        )


def _members(config: PaperConfig) -> tuple[Entrant, ...]:
    """Everyone afresh; recorded returns need bars."""
    return entrants(config.agents, seed=config.seed, sleeves=config.feed.kind == "bars")


def _venue(config: PaperConfig, feed: AnyFeed) -> TickVenue | None:
    if isinstance(feed, Recorded):
        return None
    band_bp = config.limits(len(feed.instruments())).band_bp
    execution = config.venue.execution or MARKET
    return TickVenue(feed, feed.instruments(), execution, config.venue.timeout_ns, band_bp)


def setup_of(
    folder: str | Path,
    *,
    panel: Panel | None = None,
    hosts: dict[str, Any] | None = None,
    disk: Disk = DISK,
    vfs: str | None = None,
) -> Setup:
    """What the book in a folder stands on, as its journal says.

    Raises
    ------
    ConfigError
        No book there.
    FeedError
        Its feed changed: expected and found sha256.
    """
    with Journal.open(folder, read_only=True, disk=disk, vfs=vfs) as journal:
        raw, feed, table = journal.meta("config"), journal.meta("feed"), journal.meta(CALENDAR)
        book_id = journal.book_id
    if raw is None or feed is None:
        raise ConfigError(f"{folder}: its journal is no paper book: meta.config is missing")
    kept = json.loads(raw)
    if hosts:
        kept["hosts"] = {**kept["hosts"], **hosts}
    config = PaperConfig.of(kept, source=f"{folder}: config")
    if (config.calendar is None) != (table is None):
        raise ConfigError(f"{folder}: its journal is no paper book: meta.{CALENDAR} does not fit its config")
    sessions = None if table is None else Sessions.from_plain(json.loads(table))
    return Setup.of(config, sha256=feed, panel=panel, sessions=sessions, book_id=book_id)
