"""The section ``[venue]`` of a paper book: sizes of its instruments, and how orders meet an order book."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from quantrl._exact import nanoseconds
from quantrl.backtest.ticks import TickConfig
from quantrl.config import Section
from quantrl.errors import ConfigError
from quantrl.live.instruments import Instrument, Instruments
from quantrl.selection.sleeves import TICK

_SIZES = ("tick", "lot", "multiplier", "tick_policy")
_TIMEOUT = "10s"
ENGINE = (
    "mode",
    "queue",
    "latency",
    "feed_latency",
    "feed_unknown",
    "fees",
    "fill",
    "through",
    "remainder",
    "recovery",
)
"""Keys of ``[venue]`` that the tick engine takes."""
ONLY_EVENTS = (*ENGINE, "execution", "timeout")
_SIZE = r"^[0-9]+(\.[0-9]+)?$"
Size = Annotated[str, Field(pattern=_SIZE, max_length=30)]


class InstrumentConfig(Section):
    """Sizes of one instrument, as decimals in quotes; what is missing is as for the others."""

    tick: Size | None = None
    lot: Size | None = None
    multiplier: Size | None = None


class VenueConfig(Section):
    """The simulated venue: sizes of its instruments, and what a price off the grid is.

    On an event feed the file says the sizes, and the keys from `execution` on say how orders meet its book: those of
    `quantrl.backtest.ticks.TickConfig`, its ``feed`` under the name `feed_latency`. Execution is ``market``, an order that
    takes at once what lies inside the price band, or ``touch``, one that rests at the best price for `timeout`.
    """

    tick: Size = "0.01"
    lot: Size = "1"
    multiplier: Size = "1"
    tick_policy: Literal["exact", "round"] = "exact"
    instruments: dict[str, InstrumentConfig] = Field(default_factory=dict)
    execution: Literal["market", "touch"] | None = None
    timeout: str | None = None
    mode: str | None = None
    queue: str | None = None
    latency: dict[str, str | int] | None = None
    feed_latency: str | None = None
    feed_unknown: str | None = None
    fees: dict[str, Any] | None = None
    fill: str | None = None
    through: str | None = None
    remainder: str | None = None
    recovery: str | None = None

    def ticks(self, seed: int) -> TickConfig:
        """How orders meet the book of an event feed.

        Raises
        ------
        ConfigError
            A value out of range, or sizes, which are the file's.
        """
        sizes = (self.tick, self.lot, self.multiplier, self.tick_policy)
        if self.instruments or sizes != tuple(VenueConfig.model_fields[n].default for n in _SIZES):
            raise ConfigError(f"venue: expected no {', '.join(_SIZES)}: an event file has its own table")
        given = {name: getattr(self, name) for name in ENGINE if getattr(self, name) is not None}
        given["feed"] = given.pop("feed_latency", None)
        return TickConfig.from_dict({**given, "record": False, "seed": seed}, source="venue")

    @property
    def timeout_ns(self) -> int:
        """How long an order at the touch rests, ns.

        Raises
        ------
        ConfigError
            No duration above 0.
        """
        ns = nanoseconds("venue.timeout", self.timeout or _TIMEOUT)
        if ns < 1:
            raise ConfigError(f"venue.timeout: expected above 0, got {self.timeout!r}")
        return ns

    def table(self, symbols: tuple[str, ...], sleeves: tuple[str, ...] = ()) -> Instruments:
        """The instruments of a feed, and after them the sleeves of recorded returns, whose sizes are given.

        Raises
        ------
        ConfigError
            Sizes of an instrument the feed lacks, or a tick of a lot that is not whole cash units.
        """
        unknown = sorted(set(self.instruments) - set(symbols))
        if unknown:
            raise ConfigError(f"venue.instruments: expected some of {', '.join(symbols)}, got {unknown[0]!r}")
        rows = []
        for symbol in symbols:
            own = self.instruments.get(symbol, InstrumentConfig())
            sizes = (own.tick or self.tick, own.lot or self.lot, own.multiplier or self.multiplier)
            rows.append(Instrument.of(symbol, *sizes))
        rows += [Instrument.of(name, TICK, "1") for name in sleeves]
        return Instruments(rows, tick_policy=self.tick_policy)
