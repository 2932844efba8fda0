"""What a book is at one point, in a few numbers: of a running daemon, or read from the tables of a stopped one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quantrl.live import events
from quantrl.live.events import KIND_OF, Event, decode
from quantrl.live.record import COLUMNS
from quantrl.live.setup import Setup
from quantrl.live.states import Cause
from quantrl.live.vocabulary import (
    AGENT0,
    CASH,
    SUSPENSE,
    TREASURY,
    VENUE,
    OrderState,
    TradingState,
    asset_of,
    owner_of,
)

if TYPE_CHECKING:
    from quantrl.live.journal import Journal
    from quantrl.live.state import State


@dataclass(frozen=True)
class Summary:
    """A book at one point.

    Parameters
    ----------
    name, state, reason : str
        Of the book, its trading state, and why it is so.
    time : int
        Of the newest bar, ns; 0 before the first.
    bar, bars : int
        Bars taken, and in the feed.
    equity, cash, treasury : int
        Cash units.
    funded : tuple of (agent, cash units)
    positions : tuple of (symbol, lots)
    unknown : int
        Orders whose fate is not known.
    seq, ord : int
        Head of the journal.
    digest : str
        Of its content.
    currency : str
    session : str
        Of the market's calendar: its day, and whether it is open; empty without a calendar.
    """

    name: str
    state: str
    reason: str
    time: int
    bar: int
    bars: int
    equity: int
    cash: int
    treasury: int
    funded: tuple[tuple[str, int], ...]
    positions: tuple[tuple[str, int], ...]
    unknown: int
    seq: int
    ord: int
    digest: str
    currency: str = ""
    session: str = ""


def of_state(state: State, journal: Journal) -> Summary:
    """Of a book that runs."""
    setup, books, row = state.setup, state.books, state.row
    head = journal.head
    return Summary(
        name=setup.config.name,
        state=state.trading.state.name,
        reason=state.trading.reason,
        time=0 if row is None else row.time,
        bar=0 if row is None else row.row + 1,
        bars=setup.feed.n_rows,
        equity=books.account_equity(),
        cash=books.account_cash(),
        treasury=books.cash(TREASURY),
        funded=tuple(
            (label, equity)
            for agent, label in enumerate(setup.labels)
            if (equity := books.equity(owner_of(agent)))
        ),
        positions=tuple(
            (one.symbol, lots)
            for i, one in enumerate(setup.instruments.table)
            if (lots := books.account_position(i))
        ),
        unknown=sum(order.state == OrderState.UNKNOWN for order in state.orders.open_orders()),
        seq=head.seq,
        ord=head.ord,
        digest=journal.content_digest().hex(),
        currency=setup.config.currency,
        session=_session(setup, state.ts),
    )


def of_journal(journal: Journal, setup: Setup) -> Summary:
    """Of a book that was stopped, however: from its tables, whoever wrote them, with nothing computed again.

    Parameters
    ----------
    journal : Journal
        Open to be read.
    setup : Setup
        What `setup_of` gives.

    Raises
    ------
    JournalError
        A row that cannot be read.
    """
    bar = _bar(journal, setup)
    marks = _marks(setup, bar)
    state, reason = _state(journal)
    held: defaultdict[tuple[int, int], int] = defaultdict(int)
    for owner, asset, amount in journal.rows(
        "SELECT owner, asset, sum(amount) FROM posting GROUP BY owner, asset"
    ):
        held[owner, asset] = amount
    lots = [-held[VENUE, asset_of(i)] for i in range(len(marks))]
    cash = sum(
        amount
        for (owner, asset), amount in held.items()
        if asset == CASH and (owner in (TREASURY, SUSPENSE) or owner >= AGENT0)
    )

    def worth(owner: int) -> int:
        parts = (
            held[owner, asset_of(i)] * mark * tv
            for i, (mark, tv) in enumerate(zip(marks, setup.tv, strict=True))
        )
        return held[owner, CASH] + sum(parts)

    ((unknown,),) = journal.rows("SELECT count(*) FROM orders WHERE state = ?", (int(OrderState.UNKNOWN),))
    head = journal.committed
    return Summary(
        name=setup.config.name,
        state=state,
        reason=reason,
        time=0 if bar < 0 else setup.feed.row(bar).time,
        bar=bar + 1,
        bars=setup.feed.n_rows,
        equity=cash + sum(n * mark * tv for n, mark, tv in zip(lots, marks, setup.tv, strict=True)),
        cash=cash,
        treasury=held[TREASURY, CASH],
        funded=tuple(
            (label, equity) for agent, label in enumerate(setup.labels) if (equity := worth(owner_of(agent)))
        ),
        positions=tuple((one.symbol, n) for one, n in zip(setup.instruments.table, lots, strict=True) if n),
        unknown=unknown,
        seq=head.seq,
        ord=head.ord,
        digest=journal.content_digest().hex(),
        currency=setup.config.currency,
        session=_session(setup, _time(journal)),
    )


def _session(setup: Setup, ts: int) -> str:
    if setup.sessions is None:
        return ""
    begun = setup.sessions.begun(ts)
    label = f"{setup.sessions.table[begun].label} " if begun >= 0 else ""
    return f"{label}{'open' if setup.is_open(ts) else 'closed'}"


def _time(journal: Journal) -> int:
    """Event time of the newest content event, ns; 0 before the first."""
    rows = journal.rows("SELECT ts FROM event WHERE ord IS NOT NULL ORDER BY seq DESC LIMIT 1", ())
    return rows[0][0] if rows else 0


def _last(journal: Journal, kind: int) -> bytes | None:
    rows = journal.rows("SELECT payload FROM event WHERE kind = ? ORDER BY seq DESC LIMIT 1", (kind,))
    return rows[0][0] if rows else None


def _bar(journal: Journal, setup: Setup) -> int:
    """Newest row of the feed; -1 before the first."""
    query = f"SELECT {COLUMNS} FROM event WHERE kind IN (?, ?) ORDER BY seq DESC LIMIT 1"
    for found in journal.rows(query, (KIND_OF[events.Market], KIND_OF[events.Timer])):
        event = Event(*found)
        row = setup.feed.newest(event, decode(event.kind, event.payload))
        return -1 if row is None else row.row
    return -1


def _state(journal: Journal) -> tuple[str, str]:
    kind = KIND_OF[events.State]
    payload = _last(journal, kind)
    if payload is None:
        return TradingState.ACTIVE.name, Cause.ACTIVE.value
    values = decode(kind, payload)
    return TradingState(values.state).name, values.reason


def _marks(setup: Setup, bar: int) -> list[int]:
    """Ticks each instrument was last marked at, up to a bar; 0 = never."""
    marks = [0] * len(setup.instruments)
    for row in range(bar, -1, -1):
        closes = setup.feed.row(row).close
        marks = [mark or close for mark, close in zip(marks, closes, strict=True)]
        if all(marks):
            break
    return marks
