"""What a paper book is: a contest's config with instruments, limits and terms, and which of it may change later."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from quantrl._exact import nanoseconds
from quantrl.config import Config, Section, load_as, parse_as
from quantrl.errors import ConfigError
from quantrl.live.api_options import ApiOptions
from quantrl.live.calendar_config import CalendarConfig
from quantrl.live.feeds.law import LawConfig
from quantrl.live.instruments import cash_units
from quantrl.live.limits import RiskLimits
from quantrl.live.protections import ProtectionRules
from quantrl.live.reallocation import Terms
from quantrl.live.venue_config import ONLY_EVENTS, VenueConfig
from quantrl.runs import canonical_json

SYNTHETIC = "synthetic"
"""Sample whose data are made."""
_FILLS = ("next_open", "next_close")


class FeedConfig(Section):
    """What the data are: bars, or events whose mids agents see on a grid of `decide_every`.

    Events come from a file (``events``) or are made as time goes (``synthetic``, by the law of that section). `batch_ms` is
    the longest time one market input of them spans.
    """

    kind: Literal["bars", "events", "synthetic"] = "bars"
    decide_every: str = "60s"
    batch_ms: Annotated[int, Field(ge=1, le=3_600_000)] = 1_000
    synthetic: LawConfig | None = None

    @property
    def decide_ns(self) -> int:
        """Time between two decisions, ns.

        Raises
        ------
        ConfigError
            No duration above 0.
        """
        ns = nanoseconds("feed.decide_every", self.decide_every)
        if ns < 1:
            raise ConfigError(f"feed.decide_every: expected above 0, got {self.decide_every!r}")
        return ns


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


SecretName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,99}$")]


SinkName = Literal["file", "webhook"]


def _file() -> list[SinkName]:
    return ["file"]


class NotifyConfig(Section):
    """Who is told of alarms, halts and crashes, and how often at most.

    A secret is named, never written here: a file of ``$CREDENTIALS_DIRECTORY`` or an environment variable.
    """

    sinks: list[SinkName] = Field(default_factory=_file, max_length=2)
    webhook_url: Annotated[str, Field(pattern=r"^https?://[^@\s]+$", max_length=2_000)] | None = None
    webhook_url_secret: SecretName | None = None
    webhook_token_secret: SecretName | None = None
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 10.0
    per_key_s: Annotated[float, Field(ge=0, le=86_400)] = 60.0
    per_hour: Annotated[int, Field(ge=1, le=10_000)] = 30


class PaperConfig(Config):
    """A contest that trades: `Config` with ``currency [feed] [venue] [calendar] [risk] [protections] [rounds] [hosts]
    [notify] [api]``.

    ``[hosts]``, ``[notify]`` and ``[api]`` are hot: they may change between two starts of a book. Everything else is cold:
    the book's identity. ``[api]`` has the keys of `quantrl.live.api_options.ApiOptions`.
    """

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3,8}$")] = "USD"
    feed: FeedConfig = FeedConfig()
    venue: VenueConfig = VenueConfig()
    calendar: CalendarConfig | None = None
    risk: dict[str, int] = Field(default_factory=dict)
    protections: dict[str, int] = Field(default_factory=dict)
    rounds: RoundsConfig = RoundsConfig()
    hosts: HostsConfig = HostsConfig()
    notify: NotifyConfig = NotifyConfig()
    api: dict[str, Any] = Field(default_factory=dict)

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
        """The contest of ``strategies/flagship`` on a recorded feed, in whole shares and ticks of 0.001."""
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
        notify = self.notify
        if "webhook" in notify.sinks and (notify.webhook_url is None) == (notify.webhook_url_secret is None):
            raise ConfigError("notify: expected webhook_url or webhook_url_secret, one of them")
        ApiOptions.of(self.api)
        self.protection_rules()
        self.capital()
        self.limits(1)
        if (self.feed.kind == SYNTHETIC) != (self.feed.synthetic is not None):
            raise ConfigError(f"[feed.synthetic]: expected beside feed.kind = {SYNTHETIC!r}, and only there")
        if self.calendar is not None:
            self.calendar.job_table()
        if self.feed.kind == "bars":
            if self.calendar is not None:
                raise ConfigError(
                    '[calendar]: expected none beside feed.kind = "bars": bars are their own calendar'
                )
            strange = [name for name in ONLY_EVENTS if getattr(self.venue, name) is not None]
            if strange:
                raise ConfigError(f'venue.{strange[0]}: expected none beside feed.kind = "bars"')
        else:
            self._check_events()
        return self

    def _check_events(self) -> None:
        if self.feed.kind == "events" and self.data.path is None:
            raise ConfigError('data.path: required, an event file, where feed.kind = "events"')
        if self.feed.kind == SYNTHETIC:
            self._check_synthetic()
        if self.backtest.fill != "next_close":
            raise ConfigError(f"backtest.fill: expected next_close on mids, got {self.backtest.fill!r}")
        self.venue.ticks(self.seed)
        if self.venue.timeout is not None and self.venue.execution != "touch":
            raise ConfigError('venue.timeout: expected none without execution = "touch"')
        every = self.feed.decide_ns
        if self.venue.execution == "touch" and not self.venue.timeout_ns < every:
            raise ConfigError(
                f"venue.timeout: expected below feed.decide_every {self.feed.decide_every!r}, got {self.venue.timeout!r}"
            )

    def _check_synthetic(self) -> None:
        law = self.feed.synthetic
        assert law is not None
        if self.data.sample != SYNTHETIC:
            raise ConfigError(f'data.sample: expected "{SYNTHETIC}" beside feed.kind = "{SYNTHETIC}"')
        if self.hosts.workers:
            raise ConfigError(f"hosts.workers: expected 0 on a synthetic feed, got {self.hosts.workers}")
        if self.venue.feed_latency is None:
            raise ConfigError("venue.feed_latency: required: simulated events carry no receive times")
        law.rows(self.feed.decide_ns)
        law.stream(self.seed)

    def capital(self) -> int:
        """Cash units the book starts with."""
        return cash_units(self.initial_cash, "initial_cash")

    def limits(self, n_instruments: int) -> RiskLimits:
        """Limits for a feed of so many instruments.

        Raises
        ------
        ConfigError
            An unknown limit, or one out of range.
        """
        unknown = sorted(set(self.risk) - set(RiskLimits.__dataclass_fields__))
        if unknown:
            known = ", ".join(RiskLimits.__dataclass_fields__)
            raise ConfigError(f"unknown key 'risk.{unknown[0]}'; known here: {known}")
        if self.feed.kind == "bars":
            return RiskLimits.bars(n_instruments, **self.risk)
        return RiskLimits(**self.risk)

    def protection_rules(self) -> ProtectionRules:
        """When trading locks itself.

        Raises
        ------
        ConfigError
            An unknown rule, or one out of range.
        """
        unknown = sorted(set(self.protections) - set(ProtectionRules.__dataclass_fields__))
        if unknown:
            known = ", ".join(ProtectionRules.__dataclass_fields__)
            raise ConfigError(f"unknown key 'protections.{unknown[0]}'; known here: {known}")
        return ProtectionRules(**self.protections)

    def cold(self) -> str:
        """What makes the book what it is, as canonical JSON; where a data file lies is no part of it."""
        kept = self.model_dump(mode="json", exclude={"hosts", "notify", "api"})
        for name in ("protections", "calendar"):
            if not kept[name]:
                del kept[name]
        if kept["data"]["path"] is not None:
            kept["data"]["path"] = Path(kept["data"]["path"]).name
        if self.feed.kind == "bars":
            del kept["feed"]
        elif self.feed.synthetic is None:
            del kept["feed"]["synthetic"]
        for name in ONLY_EVENTS:
            if kept["venue"][name] is None:
                del kept["venue"][name]
        return canonical_json(kept)

    def book_id(self, feed_sha256: str, sessions: bytes = b"") -> bytes:
        """Identity of a simulated book: its cold config, its feed, its seed, and the digest of its sessions."""
        text = f"{self.cold()}\n{feed_sha256}\n{self.seed}"
        text += f"\n{sessions.hex()}" if sessions else ""
        return hashlib.blake2b(text.encode(), digest_size=16).digest()
