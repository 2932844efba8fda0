"""What a book stands on and never changes: its config, feed, venue, agents and limits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quantrl import data
from quantrl.agent import Native
from quantrl.backtest.costs import Costs
from quantrl.backtest.fills import fill_prices
from quantrl.backtest.settings import Settings
from quantrl.errors import ConfigError
from quantrl.live.config import PaperConfig
from quantrl.live.feeds.recorded import Recorded
from quantrl.live.instruments import Instruments
from quantrl.live.journal import Journal
from quantrl.live.limits import RiskLimits
from quantrl.live.reallocation import Terms
from quantrl.live.storage import DISK, Disk
from quantrl.live.venue.sim import BarVenue
from quantrl.selection.entrant import Entrant, entrants
from quantrl.selection.field import Field
from quantrl.selection.pipeline import Pipeline
from quantrl.selection.timeline import Timeline
from quantrl.typing import FloatArray

if TYPE_CHECKING:
    from quantrl.data import Panel


@dataclass(frozen=True)
class Setup:
    """Made by `Setup.of`; the same for the daemon, for recovery and for a check of what was recorded.

    Parameters
    ----------
    config : PaperConfig
    panel : Panel
    instruments : Instruments
    feed : Recorded
    venue : BarVenue
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
    """

    config: PaperConfig
    panel: Panel
    instruments: Instruments
    feed: Recorded
    venue: BarVenue
    entrants: tuple[Entrant, ...]
    limits: RiskLimits
    terms: Terms
    timeline: Timeline
    close: FloatArray
    price: FloatArray
    capital: int
    book_id: bytes

    @staticmethod
    def of(config: PaperConfig, *, sha256: str | None = None, panel: Panel | None = None) -> Setup:
        """Read the feed and build everything.

        Parameters
        ----------
        config : PaperConfig
        sha256 : str, optional
            What the feed hashed to when the book was made.
        panel : Panel, optional
            The feed's data, if loaded already.

        Raises
        ------
        ConfigError
            An agent, a size or a limit that does not fit.
        FeedError
            Data that changed, or that no market could have printed.
        """
        panel = panel if panel is not None else data.load(config.data)
        if panel.periods_per_year is None:
            raise ConfigError("data.periods_per_year: required, for example 252.0; it is never guessed")
        instruments = config.venue.table(panel.instruments)
        fill = config.backtest.fill
        feed = Recorded(panel, instruments, fill=fill, sha256=sha256)
        return Setup(
            config=config,
            panel=panel,
            instruments=instruments,
            feed=feed,
            venue=BarVenue(instruments, Costs.from_config(config.backtest.costs)),
            entrants=entrants(config.agents, seed=config.seed),
            limits=config.limits(len(instruments)),
            terms=config.rounds.terms(),
            timeline=Timeline(panel, fill),
            close=panel["close"],
            price=np.ascontiguousarray(fill_prices(panel, fill)),
            capital=config.capital(),
            book_id=config.book_id(feed.sha256),
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
        fresh = entrants(self.config.agents, seed=self.config.seed)
        return {i: one.agent for i, one in enumerate(fresh) if isinstance(one.agent, Native)}

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
        )


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
        raw, feed = journal.meta("config"), journal.meta("feed")
    if raw is None or feed is None:
        raise ConfigError(f"{folder}: its journal is no paper book: meta.config is missing")
    kept = json.loads(raw)
    if hosts:
        kept["hosts"] = {**kept["hosts"], **hosts}
    return Setup.of(PaperConfig.of(kept, source=f"{folder}: config"), sha256=feed, panel=panel)
