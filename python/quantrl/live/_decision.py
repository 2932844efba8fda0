"""One decision taken apart: what its agent could see, what it wanted, what the gates said, what became of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quantrl.errors import DataError
from quantrl.live import events
from quantrl.live.events import HOLD, KIND_OF, KINDS, Event
from quantrl.live.feeds import BarRow
from quantrl.live.reading import ClosedBook, closed_book
from quantrl.live.risk import ACCOUNT, GATES
from quantrl.live.rounds import RoundState
from quantrl.live.vocabulary import AGENT0, PPB, OrderState
from quantrl.typing import JsonObject
from quantrl.units import iso_time

if TYPE_CHECKING:
    from rich.console import RenderableType

    from quantrl.data import Panel, View


@dataclass(frozen=True)
class DecisionRecord:
    """Everything about one decision of one agent.

    Parameters
    ----------
    ord, seq : int
        Its place in the journal.
    agent, status : str
    hosted : bool
        Asked in a worker; its answer was recorded, not computed.
    view_time, view_bars : int
        Time of the view, ns, and bars it showed.
    view_sha256 : str
        Over every column visible then, cell by cell.
    targets : tuple of (instrument, ppb or None)
        None keeps what is held.
    verdicts : tuple of dict
        What gates refused: of the agent, and of whole legs it had a share in.
    crosses : tuple of dict
        Lots that met opposite wishes of other agents, and the price in ticks once there was one.
    orders : tuple of dict
        With the agent's own lots in each.
    fills : tuple of dict
        With the agent's own lots and fee in each.
    closed_ord : int
        The input whose cycle turned all decisions of the bar into orders; 0 where none did yet.
    """

    ord: int
    seq: int
    agent: str
    status: str
    hosted: bool
    view_time: int
    view_bars: int
    view_sha256: str
    targets: tuple[tuple[str, int | None], ...]
    verdicts: tuple[JsonObject, ...]
    crosses: tuple[JsonObject, ...]
    orders: tuple[JsonObject, ...]
    fills: tuple[JsonObject, ...]
    closed_ord: int

    def json(self) -> JsonObject:
        """As plain values."""
        plain = asdict(self)
        return {**plain, "view_time": iso_time(self.view_time), "targets": dict(self.targets)}

    def __rich__(self) -> RenderableType:
        from rich.console import Group
        from rich.table import Table

        head = Table.grid(padding=(0, 2))
        lines = {
            "decision": f"{self.ord} of {self.agent}: {self.status}, {'hosted' if self.hosted else 'native'}",
            "view": f"{iso_time(self.view_time)}, {self.view_bars} bars, sha256 {self.view_sha256[:16]}",
            "keeps": ", ".join(name for name, ppb in self.targets if ppb is None) or "nothing",
        }
        for name, text in lines.items():
            head.add_row(name, text)
        wanted = [{"instrument": n, "target": f"{ppb / PPB:.4%}"} for n, ppb in self.targets if ppb]
        parts = {
            "Targets": wanted,
            "Refused": self.verdicts,
            "Crossed inside": self.crosses,
            "Orders": self.orders,
            "Fills": self.fills,
        }
        return Group(head, *(_table(title, rows) for title, rows in parts.items() if rows))


def decision(folder: str | Path, ord: int, panel: Panel | None = None) -> DecisionRecord:
    """Everything about the decision with this `ord`.

    Parameters
    ----------
    folder : str or Path
        A book that no daemon runs; nothing in it changes.
    ord : int
        Of a DECISION event, as in the table ``decisions``.
    panel : Panel, optional
        The feed's data, if loaded already.

    Raises
    ------
    DataError
        No event of this ord, or not a decision.
    ConfigError, AlreadyRunning, FeedError, JournalError
        As `quantrl.live.reading.closed_book`.
    """
    with closed_book(folder, panel) as book:
        found = next(book.content(first=ord, last=ord), None)
        if found is None:
            raise DataError(f"ord: expected from 1 to {book.journal.committed.ord}, got {ord}")
        if not isinstance(found[1], events.Decision):
            raise DataError(f"ord {ord}: expected a Decision, got {KINDS[found[0].kind].name}")
        return _taken_apart(book, *found)


def view_sha256(view: View) -> str:
    """sha256 over everything a view shows: times, then every column by name, then what could be traded."""
    digest = hashlib.sha256(np.ascontiguousarray(view.time, dtype="<i8").tobytes())
    for name in sorted(view.columns):
        values = np.where(np.isnan(view[name]), np.nan, view[name])
        digest.update(f"{name}\n".encode() + np.ascontiguousarray(values, dtype="<f8").tobytes())
    digest.update(np.ascontiguousarray(view.tradable).tobytes())
    return digest.hexdigest()


def _taken_apart(book: ClosedBook, event: Event, values: events.Decision) -> DecisionRecord:
    view = book.setup.market.as_of(_last_row(book, event.ord).time)
    closed = _closing(book, event.ord)
    cycle = [] if not closed else list(_caused(book, closed))
    wanted = {inst for inst, ppb in enumerate(values.targets) if ppb != HOLD}
    agent = event.agent
    orders = {
        own.client_id: own for _, own in cycle if isinstance(own, events.Intent) and _share(own.shares, agent)
    }
    return DecisionRecord(
        ord=event.ord,
        seq=event.seq,
        agent=book.setup.labels[agent],
        status=values.status,
        hosted=values.request > 0,
        view_time=view.now,
        view_bars=view.n,
        view_sha256=view_sha256(view),
        targets=tuple(
            (name, None if ppb == HOLD else ppb)
            for name, ppb in zip(book.symbols, values.targets, strict=True)
        ),
        verdicts=tuple(
            _verdict(book, own)
            for made, own in cycle
            if isinstance(own, events.Verdict)
            and (made.agent == agent or (own.scope == ACCOUNT and own.inst in wanted))
        ),
        crosses=tuple(_crosses(book, cycle, agent, closed)),
        orders=tuple(_order(book, own, agent) for own in orders.values()),
        fills=tuple(_fills(book, set(orders), agent, event.ord)),
        closed_ord=closed,
    )


def _last_row(book: ClosedBook, ord: int) -> BarRow:
    """The row that a decision was made on."""
    query = "SELECT max(ord) FROM event WHERE ord <= ? AND kind IN (?, ?)"
    ((at,),) = book.journal.rows(query, (ord, KIND_OF[events.Market], KIND_OF[events.Timer]))
    row = book.setup.feed.newest(*next(book.content(first=at, last=at)))
    assert row is not None
    return row


def _closing(book: ClosedBook, ord: int) -> int:
    """The cause of the round that follows a decision; 0 where the bar is still open."""
    for event, values in book.content(events.Market, events.Round, first=ord):
        if isinstance(values, events.Market):
            return 0
        if values.state == RoundState.OPEN:
            return event.cause
    return 0


def _caused(book: ClosedBook, ord: int) -> Iterable[tuple[Event, Any]]:
    for event, values in book.content(first=ord + 1):
        if event.kind < events.FIRST_OUTPUT:
            return
        yield event, values


def _share(shares: Iterable[tuple[int, int]], agent: int) -> int:
    return sum(lots for one, lots in shares if one == agent)


def _verdict(book: ClosedBook, own: events.Verdict) -> JsonObject:
    name = next((gate.name for gate in GATES if gate.code == own.code), "")
    return {
        "instrument": book.symbols[own.inst],
        "scope": "account" if own.scope == ACCOUNT else "agent",
        "lots": own.side * own.lots,
        "gate": own.code,
        "name": name,
        "limit": own.limit,
        "actual": own.actual,
    }


def _crosses(
    book: ClosedBook, cycle: Iterable[tuple[Event, Any]], agent: int, closed: int
) -> Iterable[JsonObject]:
    for made, own in cycle:
        if not isinstance(own, events.Cross) or own.px or not _share(own.shares, agent):
            continue
        later = book.content(events.Cross, events.CrossDrop, first=made.ord + 1)
        end = next((values for _, values in later if values.inst == own.inst), None)
        px = end.px if isinstance(end, events.Cross) else None
        why = end.reason if isinstance(end, events.CrossDrop) else ""
        lots = _share(own.shares, agent)
        yield {"instrument": book.symbols[own.inst], "lots": lots, "px_ticks": px, "dropped": why}


def _order(book: ClosedBook, own: events.Intent, agent: int) -> JsonObject:
    ((state, cum),) = book.journal.rows("SELECT state, cum FROM orders WHERE client_id = ?", (own.client_id,))
    return {
        "client_id": own.client_id,
        "instrument": book.symbols[own.inst],
        "lots": own.side * own.qty,
        "own_lots": _share(own.shares, agent),
        "state": OrderState(state).name,
        "cum_lots": cum,
    }


def _fills(book: ClosedBook, orders: set[str], agent: int, ord: int) -> Iterable[JsonObject]:
    if not orders:
        return
    for event, fill in book.content(events.Fill, first=ord):
        if fill.client_id in orders:
            own = [(lots, fee) for owner, lots, fee in fill.shares if owner == AGENT0 + agent]
            yield {
                "time": iso_time(event.ts),
                "instrument": book.symbols[fill.inst],
                "lots": fill.side * fill.qty,
                "own_lots": fill.side * sum(lots for lots, _ in own),
                "px_ticks": fill.px,
                "own_fee_1e8": sum(fee for _, fee in own),
            }


def _table(title: str, rows: Iterable[JsonObject]) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    rows = list(rows)
    table = Table(title=title, title_justify="left")
    for name, value in rows[0].items():
        table.add_column(name, justify="left" if isinstance(value, str) else "right")
    for row in rows:
        table.add_row(*(Text("" if value is None else str(value)) for value in row.values()))
    return table
