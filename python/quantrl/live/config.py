"""What a paper book is: a contest's config with instruments, limits and terms, and which of it may change later."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from quantrl.config import Config, Section, load_as, parse_as
from quantrl.errors import ConfigError
from quantrl.live.instruments import Instrument, Instruments, cash_units
from quantrl.live.limits import RiskLimits
from quantrl.live.reallocation import Terms
from quantrl.runs import canonical_json

DEMO = "us20_paper"
_FILLS = ("next_open", "next_close")
_SIZE = r"^[0-9]+(\.[0-9]+)?$"
Size = Annotated[str, Field(pattern=_SIZE, max_length=30)]


class InstrumentConfig(Section):
    """Sizes of one instrument, as decimals in quotes; what is missing is as for the others."""

    tick: Size | None = None
    lot: Size | None = None
    multiplier: Size | None = None


class VenueConfig(Section):
    """The simulated venue: sizes of its instruments, and what a price off the grid is."""

    tick: Size = "0.01"
    lot: Size = "1"
    multiplier: Size = "1"
    tick_policy: Literal["exact", "round"] = "exact"
    instruments: dict[str, InstrumentConfig] = Field(default_factory=dict)

    def table(self, symbols: tuple[str, ...]) -> Instruments:
        """The instruments of a feed.

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
        return Instruments(rows, tick_policy=self.tick_policy)


class RoundsConfig(Section):
    """How fast capital moves between agents."""

    vesting_pct: Annotated[int, Field(ge=1, le=100)] = 25
    quiet_rounds: Annotated[int, Field(ge=0)] = 5
    dead_band_pct: Annotated[int, Field(ge=0, le=100)] = 1

    def terms(self) -> Terms:
        """As the reallocation takes them."""
        return Terms(self.vesting_pct, self.quiet_rounds, self.dead_band_pct)


class HostsConfig(Section):
    """Where hosted agents run: worker processes (0 = in the daemon's own), and how long an answer is waited for."""

    workers: Annotated[int, Field(ge=0, le=64)] = 0
    timeout_s: Annotated[float, Field(gt=0, le=3_600)] = 120.0


class PaperConfig(Config):
    """A contest that trades: `Config` with ``currency [venue] [risk] [rounds] [hosts]``.

    ``[hosts]`` is hot: it may change between two starts of a book. Everything else is cold, part of the book's identity.
    """

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3,8}$")] = "USD"
    venue: VenueConfig = VenueConfig()
    risk: dict[str, int] = Field(default_factory=dict)
    rounds: RoundsConfig = RoundsConfig()
    hosts: HostsConfig = HostsConfig()

    @staticmethod
    def from_toml(path: str | Path) -> PaperConfig:
        """Read and check a file.

        Raises
        ------
        ConfigError
            It names the key.
        """
        return load_as(path, PaperConfig).checked()

    @staticmethod
    def of(raw: Mapping[str, Any], source: str = "config") -> PaperConfig:
        """From a mapping, as a journal keeps it."""
        return parse_as(dict(raw), PaperConfig, source=source).checked()

    @staticmethod
    def demo() -> PaperConfig:
        """The contest of ``strategies/us20_contest`` on a recorded feed, in whole shares and ticks of 0.001."""
        return load_as(Path(__file__).with_name("demo.toml"), PaperConfig).checked()

    def checked(self) -> PaperConfig:
        """Itself, if every part fits the others.

        Raises
        ------
        ConfigError
            A fill no daemon can wait for, capital that is not whole cash units, a limit out of range.
        """
        if self.backtest.fill not in _FILLS:
            raise ConfigError(
                f"backtest.fill: expected one of {', '.join(_FILLS)}, got {self.backtest.fill!r}"
            )
        if not self.agents:
            raise ConfigError("agents: expected at least one entrant")
        self.capital()
        self.limits(1)
        return self

    def capital(self) -> int:
        """Cash units the book starts with."""
        return cash_units(self.initial_cash, "initial_cash")

    def limits(self, n_instruments: int) -> RiskLimits:
        """Limits for bars of so many instruments.

        Raises
        ------
        ConfigError
            An unknown limit, or one out of range.
        """
        unknown = sorted(set(self.risk) - set(RiskLimits.__dataclass_fields__))
        if unknown:
            known = ", ".join(RiskLimits.__dataclass_fields__)
            raise ConfigError(f"unknown key 'risk.{unknown[0]}'; known here: {known}")
        return RiskLimits.bars(n_instruments, **self.risk)

    def cold(self) -> str:
        """What makes the book what it is, as canonical JSON; where a data file lies is no part of it."""
        kept = self.model_dump(mode="json", exclude={"hosts"})
        if kept["data"]["path"] is not None:
            kept["data"]["path"] = Path(kept["data"]["path"]).name
        return canonical_json(kept)

    def book_id(self, feed_sha256: str) -> bytes:
        """Identity of a simulated book: its cold config, its feed and its seed."""
        text = f"{self.cold()}\n{feed_sha256}\n{self.seed}"
        return hashlib.blake2b(text.encode(), digest_size=16).digest()
