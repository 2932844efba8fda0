"""Everything the journal can hold: one table of kinds that drives encoder, decoder and documentation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints

from quantrl.errors import DataError
from quantrl.live.codec import Field, Layout
from quantrl.live.record import Event as Event

HOLD = -(2**63)
FIRST_OUTPUT = 16
FIRST_LIFECYCLE = 64

I64 = Annotated[int, "i64"]
U64 = Annotated[int, "u64"]
Flag = Annotated[bool, "bool"]
Text = Annotated[str, "str"]
Blob = Annotated[bytes, "bytes"]
Ints = Annotated[tuple[int, ...], ("i64",)]
Pairs = Annotated[tuple[tuple[int, int], ...], ("i64", "i64")]
Triples = Annotated[tuple[tuple[int, int, int], ...], ("i64", "i64", "i64")]
Rows = Annotated[tuple[tuple[int, int, int, int], ...], ("i64", "i64", "i64", "i64")]
Named = Annotated[tuple[tuple[str, str], ...], ("str", "str")]


class Market(NamedTuple):
    """Rows `first` to `last` of a feed became known; sha256 of those rows."""

    feed: Text
    first: U64
    last: U64
    sha256: Blob


class Report(NamedTuple):
    """What a venue said about one of our orders."""

    venue: I64
    client_id: Text
    kind: I64
    venue_fill_id: Text
    qty: I64
    px: I64
    fee: I64
    cum: I64
    reason: Text
    raw: Blob


class Calendar(NamedTuple):
    """A session and what it turned into."""

    session: Text
    open: I64
    close: I64
    state: I64


class Timer(NamedTuple):
    """A time at which something is due: `GRID`, a point of an event feed without events, else a job and its session."""

    name: Text
    due: I64


GRID = "grid"


class Answer(NamedTuple):
    """A hosted agent's answer; targets in ppb, `HOLD` keeps; usd in 1e-8; probability in ppb, `HOLD` = none."""

    request: I64
    status: Text
    targets: Ints
    tokens: I64
    usd: I64
    probability: I64
    blob: Blob


class Command(NamedTuple):
    """An order of a principal to the daemon."""

    principal: Text
    verb: Text
    args: Named
    nonce: Text


class Config(NamedTuple):
    """The configuration that holds from here on."""

    text: Text
    sha256: Blob


class Request(NamedTuple):
    """A hosted agent was asked on the view of a time."""

    view: I64
    due: I64


class Decision(NamedTuple):
    """Targets in ppb of an agent; request = 0 for native ones."""

    status: Text
    targets: Ints
    request: I64


class Verdict(NamedTuple):
    """A gate that refused."""

    scope: I64
    inst: I64
    side: I64
    lots: I64
    code: I64
    limit: I64
    actual: I64


class Cross(NamedTuple):
    """Opposite deltas met inside; shares are (agent, lots)."""

    inst: I64
    px: I64
    shares: Pairs
    saved: I64


class Intent(NamedTuple):
    """An order about to be sent; px 0 = market; shares are (agent, lots)."""

    client_id: Text
    inst: I64
    side: I64
    qty: I64
    px: I64
    tif: I64
    epoch: I64
    leg: I64
    shares: Pairs


class CancelIntent(NamedTuple):
    """A cancel about to be sent."""

    client_id: Text


class OrderState(NamedTuple):
    """An order's new state."""

    client_id: Text
    state: I64
    cum: I64
    reason: Text


class Fill(NamedTuple):
    """A fill as booked; `priced` is the time of its price; shares are (owner, lots, fee)."""

    venue: I64
    venue_fill_id: Text
    client_id: Text
    inst: I64
    side: I64
    qty: I64
    px: I64
    fee: I64
    priced: I64
    shares: Triples


class Posting(NamedTuple):
    """Amounts (owner, asset, amount) that sum to 0 per asset."""

    lines: Triples
    reason: Text


class Lock(NamedTuple):
    """A lock on (scope, key, side); until 0 releases it."""

    scope: I64
    key: Text
    side: I64
    reason: Text
    until: I64


class State(NamedTuple):
    """The trading state from here on."""

    state: I64
    reason: Text


class Round(NamedTuple):
    """A contest round's new state; rows are (agent, ppm, score in 1e-9, rank)."""

    id: Text
    state: I64
    rows: Rows


class Transfer(NamedTuple):
    """Capital moved by a round, (owner, asset, amount), and what agents still owe, (agent, amount)."""

    round: Text
    lines: Triples
    due: Pairs


class Alarm(NamedTuple):
    """Something an operator must know."""

    code: Text
    text: Text


class Outbox(NamedTuple):
    """A message to a sink, sent at least once; receivers drop repeats by its key."""

    key: Text
    sink: I64
    body: Blob


class CrossDrop(NamedTuple):
    """What was to cross in an instrument did not: no price, or cancelled."""

    inst: I64
    reason: Text


class Quarantine(NamedTuple):
    """The books of an instrument may be wrong: nothing is sent in it; an empty reason ends it."""

    inst: I64
    reason: Text


class Boot(NamedTuple):
    """A start of the daemon, and hashes of what runs."""

    boot: I64
    code: Blob
    config: Blob
    deps: Blob
    platform: Text


class Shutdown(NamedTuple):
    """A clean stop."""

    reason: Text


class Snapshot(NamedTuple):
    """A snapshot was written."""

    name: Text
    sha256: Blob


class Seal(NamedTuple):
    """The head of the chain, also told outside."""

    head: Blob


class SideEffect(NamedTuple):
    """Something done outside; ``outbox`` marks message `ref` as delivered: its ord, or minus the seq of a `Notice`."""

    what: Text
    ref: Text


class Clock(NamedTuple):
    """The wall clock, ns UTC."""

    wall: I64


class Note(NamedTuple):
    """A remark."""

    text: Text


class IoError(NamedTuple):
    """A refusal of the disk that was survived."""

    where: Text
    error: Text


class Notice(NamedTuple):
    """A message about the daemon itself, such as a crash; delivered as those of `Outbox` are."""

    id: Text
    body: Blob


@dataclass(frozen=True)
class Kind:
    """One row of the table."""

    number: int
    version: int
    name: str
    make: Callable[[tuple[Any, ...]], Any]
    layout: Layout
    prefix: bytes


_NUMBERED: dict[int, type[Any]] = {
    **dict(enumerate((Market, Report, Calendar, Timer, Answer, Command, Config), 1)),
    **dict(enumerate((Request, Decision, Verdict, Cross, Intent, CancelIntent, OrderState, Fill), 16)),
    **dict(enumerate((Posting, Lock, State, Round, Transfer, Alarm, Outbox, CrossDrop, Quarantine), 24)),
    **dict(enumerate((Boot, Shutdown, Snapshot, Seal, SideEffect, Clock, Note, IoError, Notice), 64)),
}
VERSION = 1


def _kind(number: int, values: type[Any]) -> Kind:
    fields = []
    for name, hint in get_type_hints(values, include_extras=True).items():
        assert get_origin(hint) is Annotated
        fields.append(Field(name, get_args(hint)[1]))
    name = values.__name__
    return Kind(number, VERSION, name, values._make, Layout(f"{name} v{VERSION}", fields), bytes([VERSION]))


KINDS: dict[int, Kind] = {number: _kind(number, values) for number, values in _NUMBERED.items()}
KIND_OF: dict[type[Any], int] = {values: number for number, values in _NUMBERED.items()}


def encode(kind: int, values: tuple[Any, ...]) -> bytes:
    """The payload of an event: its version as one byte, then its fields.

    Raises
    ------
    DataError
        Unknown kind, or values that do not fit its fields.
    InvariantError
        An integer beyond its field's range.
    """
    return _known(kind).prefix + KINDS[kind].layout.encode(values)


def decode(kind: int, payload: bytes) -> Any:
    """The values of a payload, as the kind's named tuple.

    Raises
    ------
    DataError
        Unknown kind or version, or bytes that `encode` cannot have written: names kind and field.
    """
    known = _known(kind)
    if payload[:1] != known.prefix:
        raise DataError(
            f"{known.name}: version: expected {known.version}, got {payload[:1].hex() or 'nothing'}"
        )
    return known.make(known.layout.decode(payload, 1))


def event(values: Any, *, ts: int, agent: int = -1, cause: int = 0) -> Event:
    """An event not yet in any journal.

    Raises
    ------
    DataError, InvariantError
        As `encode`.
    """
    kind = KIND_OF.get(type(values))
    if kind is None:
        raise DataError(
            f"event: expected one of the kinds in quantrl.live.events, got {type(values).__name__}"
        )
    return Event(kind, ts, agent, cause, encode(kind, values))


def moves_feed(values: object) -> bool:
    """Whether an input brings its feed on: rows, or a time without any."""
    return isinstance(values, Market) or (isinstance(values, Timer) and values.name == GRID)


def is_content(kind: int) -> bool:
    """Whether events of this kind carry an `ord`."""
    return kind < FIRST_LIFECYCLE


def _known(kind: int) -> Kind:
    known = KINDS.get(kind)
    if known is None:
        raise DataError(f"kind: expected one of {sorted(KINDS)}, got {kind}")
    return known
