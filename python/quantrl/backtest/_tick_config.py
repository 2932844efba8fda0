"""Settings of sessions on event files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from quantrl import _core
from quantrl._exact import nanoseconds
from quantrl.backtest._latency import Latency
from quantrl.backtest._queue import Queue
from quantrl.backtest._tick_fees import Fees
from quantrl.data.events import EventFile
from quantrl.errors import ConfigError

MODES = ("auto", "ghost", "l2_queue")
_MOST_OWN_ORDERS = 1_024


@dataclass(frozen=True)
class TickConfig:
    """How a strategy meets a file of history.

    Parameters
    ----------
    mode : {"auto", "ghost", "l2_queue"}
        Own orders stand in the true queues of a file of orders, or in estimated ones of a file of level sums; ``auto`` is
        what the file allows.
    queue : Queue or None
        The estimate, for level sums only; None is `Queue.risk_averse()` there.
    latency : Latency
        Of orders and answers.
    feed : int, str or None
        Latency of events: None takes the file's receive times, which must then all be known; a duration is a constant.
    feed_unknown : int, str or None
        With `feed` None: latency of events whose receive time the file does not know.
    fees : Fees
    fill : {"partial", "full"}
        At the own price: the lots that reach the order, or all of it.
    through : {"volume", "full"} or None
        Past the own price: the event's lots, or all of it. None is ``volume`` for ghost, ``full`` for l2_queue.
    remainder : {"rest", "fill"}
        What a taker could not take rests, or fills at its limit.
    recovery : int, str or None
        Time in which displayed lots that own orders took come back; None: they are never missed.
    allow_reorder : bool
        Whether a message may overtake an earlier one of its direction.
    max_own_orders : int
        At a time, 1 to 1,024.
    equity_every : int, str or None
        Time between samples of the accounts; None for none.
    record : bool
        Whether executions and the log of orders are kept.
    seed : int
        Of drawn latencies.

    Raises
    ------
    ConfigError
        A setting out of range, by name.
    """

    mode: str = "auto"
    queue: Queue | None = None
    latency: Latency = field(default_factory=Latency)
    feed: int | str | None = None
    feed_unknown: int | str | None = None
    fees: Fees = field(default_factory=Fees)
    fill: str = "partial"
    through: str | None = None
    remainder: str = "rest"
    recovery: int | str | None = "1s"
    allow_reorder: bool = False
    max_own_orders: int = _MOST_OWN_ORDERS
    equity_every: int | str | None = None
    record: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ConfigError(f"mode: expected one of {', '.join(MODES)}, got {self.mode!r}")
        for name, kind in (("queue", Queue), ("latency", Latency), ("fees", Fees)):
            value = getattr(self, name)
            if not isinstance(value, kind) and not (name == "queue" and value is None):
                raise ConfigError(f"{name}: expected a {kind.__name__}, got {type(value).__name__}")
        if self.feed is not None and self.feed_unknown is not None:
            raise ConfigError("feed_unknown: expected none beside feed, which holds for every event")
        _whole("seed", self.seed, 0, 2**64 - 1)
        _whole("max_own_orders", self.max_own_orders, 1, _MOST_OWN_ORDERS)
        self.to_times()

    def to_times(self) -> dict[str, int | None]:
        """``feed``, ``feed_unknown``, ``recovery`` and ``equity_every`` in ns."""
        names = ("feed", "feed_unknown", "recovery", "equity_every")
        given = {name: getattr(self, name) for name in names}
        return {name: None if value is None else nanoseconds(name, value) for name, value in given.items()}

    def plan(self, file: EventFile) -> _core.TickPlan:
        """These settings with a file; one pass over the events where these carry their receive times.

        Raises
        ------
        ConfigError
            They do not go together: the argument is named.
        DataError
            The file is damaged.
        """
        times = self.to_times()
        feed = (True, times["feed_unknown"]) if times["feed"] is None else (False, times["feed"])
        delays = self.latency
        return _core.TickPlan(
            file._core,
            mode=self.mode,
            queue=None
            if self.queue is None
            else (self.queue.name, self.queue.n or 0.0, self.queue.to_bytes()),
            fill=self.fill,
            through=self.through,
            remainder=self.remainder,
            recovery_ns=times["recovery"],
            feed=feed,
            latency=[delays.new, delays.amend, delays.cancel, delays.ack, delays.fill],
            fees=self.fees.exact(),
            allow_reorder=self.allow_reorder,
            max_own_orders=self.max_own_orders,
            seed=self.seed,
            equity_every=times["equity_every"] or 0,
            record=self.record,
        )

    def but(self, **changes: Any) -> TickConfig:
        """The same with other settings."""
        return replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, without those that are unset; `from_dict` takes them back where latencies are constant."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        plain["queue"] = None if self.queue is None else str(self.queue)
        plain["latency"] = self.latency.told()
        plain["recovery"] = "never" if self.recovery is None else self.recovery
        fees = self.fees
        plain["fees"] = {name: getattr(fees, name) for name in fees.__dataclass_fields__}
        plain["fees"]["tiers"] = [list(tier) for tier in fees.tiers]
        return {name: value for name, value in plain.items() if value is not None}

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any], *, source: str = "config") -> TickConfig:
        """Of plain values, such as a TOML file's: ``queue = "power(3)"``, tables ``latency`` and ``fees``.

        ``latency`` holds ``entry`` and ``response``, or one duration for each of new, amend, cancel, ack and fill.
        ``recovery = "never"`` is None.

        Raises
        ------
        ConfigError
            An unknown key or a value out of range, with `source`.
        """
        chosen = dict(settings)
        try:
            _keys(chosen, cls.__dataclass_fields__, "")
            if chosen.get("recovery") == "never":
                chosen["recovery"] = None
            if isinstance(chosen.get("queue"), str):
                chosen["queue"] = Queue.parse(chosen["queue"])
            if "latency" in chosen:
                chosen["latency"] = _latency(chosen["latency"])
            if "fees" in chosen:
                fees = _keys(chosen["fees"], Fees.__dataclass_fields__, "fees.")
                chosen["fees"] = Fees(**{**fees, "tiers": tuple(map(tuple, fees.get("tiers", ())))})
            return cls(**chosen)
        except ConfigError as error:
            raise ConfigError(f"{source}: {error}") from None


def _latency(table: Any) -> Latency:
    kinds = ("new", "amend", "cancel", "ack", "fill")
    table = _keys(table, ("entry", "response", *kinds), "latency.")
    base = Latency.const(table.get("entry", 0), table.get("response", 0))
    return base.with_(**{kind: table[kind] for kind in kinds if kind in table})


def _keys(table: Any, known: Any, where: str) -> dict[str, Any]:
    if not isinstance(table, Mapping):
        raise ConfigError(f"{where.rstrip('.')}: expected a table, got {table!r}")
    for key in table:
        if key not in known:
            raise ConfigError(f"{where}{key}: expected one of {', '.join(known)}")
    return dict(table)


def _whole(name: str, value: Any, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ConfigError(f"{name}: expected a whole number of {low} to {high}, got {value!r}")
