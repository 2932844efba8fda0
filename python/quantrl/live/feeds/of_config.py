"""The feed that a config names, and the sessions of its market."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from quantrl import data
from quantrl.errors import ConfigError
from quantrl.live.config import PaperConfig
from quantrl.live.feeds.event_file import EventFeed
from quantrl.live.feeds.recorded import Recorded
from quantrl.live.feeds.synthetic import SyntheticFeed
from quantrl.live.sessions import Sessions, from_calendar
from quantrl.live.vocabulary import DAY
from quantrl.selection.entrant import Entrant
from quantrl.selection.sleeves import Sleeves
from quantrl.units import iso_date

if TYPE_CHECKING:
    from quantrl.data import Panel

AnyFeed = Recorded | EventFeed | SyntheticFeed
_MARGIN = 10 * DAY
"""Sessions around the feed's own, so that a feed within a weekend has some."""


def feed_of(
    config: PaperConfig, members: Sequence[Entrant], sha256: str | None, panel: Panel | None
) -> tuple[Sleeves | None, AnyFeed]:
    """The feed, and the sleeves of recorded returns that it carries beside its market; None where it has none.

    Parameters
    ----------
    config : PaperConfig
    members : sequence of Entrant
    sha256 : str, optional
        What the feed hashed to when it was first used.
    panel : Panel, optional
        Its data, if loaded already.

    Raises
    ------
    ConfigError, FeedError
        As `Setup.of`.
    """
    if config.feed.kind == "bars":
        return _bars(config, members, sha256, panel)
    return None, _events(config, sha256) if config.feed.synthetic is None else _synthetic(config, sha256)


def sessions_of(config: PaperConfig, feed: AnyFeed) -> Sessions | None:
    """The calendar's sessions over all of an event feed, compiled; None where the config has none."""
    if config.calendar is None or isinstance(feed, Recorded):
        return None
    days = (feed.first_ts - _MARGIN, feed.grid.time(feed.n_rows) + _MARGIN)
    return from_calendar(config.calendar.exchange, *(iso_date(ts) for ts in days))


def _bars(
    config: PaperConfig, members: Sequence[Entrant], sha256: str | None, panel: Panel | None
) -> tuple[Sleeves, Recorded]:
    panel = panel if panel is not None else data.load(config.data)
    if panel.periods_per_year is None:
        raise ConfigError("data.periods_per_year: required, for example 252.0; it is never guessed")
    sleeves = Sleeves.of(members, panel)
    instruments = config.venue.table(panel.instruments, sleeves.names)
    return sleeves, Recorded(sleeves.panel, instruments, fill=config.backtest.fill, sha256=sha256)


def _events(config: PaperConfig, sha256: str | None) -> EventFeed:
    assert config.data.path is not None
    return EventFeed.open(
        config.data.path, config.venue.ticks(config.seed), sha256=sha256, **_grid_settings(config)
    )


def _synthetic(config: PaperConfig, sha256: str | None) -> SyntheticFeed:
    law, seed = config.feed.synthetic, config.seed
    assert law is not None
    return SyntheticFeed(law, seed, config.venue.ticks(seed), sha256=sha256, **_grid_settings(config))


def _grid_settings(config: PaperConfig) -> dict[str, Any]:
    if config.data.periods_per_year is None:
        raise ConfigError(
            "data.periods_per_year: required, steps of feed.decide_every in a year; it is never guessed"
        )
    return {
        "every_ns": config.feed.decide_ns,
        "batch_ns": config.feed.batch_ms * 10**6,
        "periods_per_year": config.data.periods_per_year,
    }
