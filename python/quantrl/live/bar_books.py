"""What a book is worth at the end of a bar, from events and the feed alone: exact, nothing is decided again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from quantrl.live import events
from quantrl.live.books import Books
from quantrl.live.feeds import BarRow
from quantrl.live.postings import TRANSFER, Share
from quantrl.live.vocabulary import SUSPENSE, TREASURY, OrderState, TradingState, owner_of

_ENDED = (OrderState.FILLED, OrderState.CANCELED, OrderState.REJECTED, OrderState.EXPIRED)
KINDS = (
    events.Market,
    events.Posting,
    events.Cross,
    events.Fill,
    events.Intent,
    events.OrderState,
    events.State,
    events.Transfer,
)


@dataclass(frozen=True)
class Bar:
    """The book at the end of one bar; money in cash units.

    Parameters
    ----------
    row : BarRow
    equity, cash, treasury : int
        Of the whole account, and what no agent holds.
    funded : (A,) int
        Equity of each agent.
    lots, wanted : (N,) int
        Positions, and positions once the open orders are filled.
    marks : (N,) int
        Ticks; 0 = no price yet.
    at_fill : int
        Equity at this bar's fill prices, before its fills.
    traded, fees, slippage : int
        Bought plus sold at the bar's reference prices, and what it cost.
    state : str
        Trading state.
    breaches : int
        Accounting identities that do not hold.
    sources : (5,) int
        What the equity is made of since the start: capital moved in, financing, fees (negative), fills against the mark,
        changes of the mark; their sum is the equity.
    """

    row: BarRow
    equity: int
    cash: int
    treasury: int
    funded: tuple[int, ...]
    lots: tuple[int, ...]
    wanted: tuple[int, ...]
    marks: tuple[int, ...]
    at_fill: int
    traded: int
    fees: int
    slippage: int
    state: str
    breaches: int
    sources: tuple[int, int, int, int, int]


class BarBooks:
    """Books that follow the events, and what a bar adds up to.

    Parameters
    ----------
    tv : (N,) int
        Cash units per lot and tick.
    n_agents : int
    row_of : callable (int) -> BarRow
        A row of the feed.
    """

    def __init__(self, tv: Sequence[int], n_agents: int, row_of: Callable[[int], BarRow]) -> None:
        self.tv, self.row_of = tuple(tv), row_of
        self.books = Books(tv, n_agents)
        self.row: BarRow | None = None
        self.at_fill = self.traded = self.fees = self.slippage = 0
        self.state = TradingState.ACTIVE.name
        self.orders: dict[str, list[int]] = {}

    def take(self, values: Any) -> None:
        """Apply one event."""
        if isinstance(values, events.Market):
            self.arrive(self.row_of(values.last))
        elif isinstance(values, events.Posting):
            self.books.post(values.lines, values.reason)
        elif isinstance(values, events.Transfer):
            if values.lines:
                self.books.post(values.lines, TRANSFER)
        elif isinstance(values, events.Cross):
            if values.px:
                moves = [Share(owner_of(agent), lots) for agent, lots in values.shares]
                self.books.traded(values.inst, values.px, moves)
        elif isinstance(values, events.Fill):
            self._fill(values)
        elif isinstance(values, events.Intent):
            self.orders[values.client_id] = [values.inst, values.side, values.qty]
        elif isinstance(values, events.OrderState):
            if values.state in _ENDED:
                self.orders.pop(values.client_id, None)
        elif isinstance(values, events.State):
            self.state = TradingState(values.state).name

    def arrive(self, row: BarRow) -> None:
        """A new row of the feed: what is held is worth its prices."""
        self.row = row
        books, tv = self.books, self.tv
        self.traded = self.fees = self.slippage = 0
        self.at_fill = books.account_cash() + sum(
            books.account_position(inst) * (price or mark) * tv[inst]
            for inst, (price, mark) in enumerate(zip(row.price, books.marks, strict=True))
        )
        books.mark(row.close)

    def _fill(self, fill: events.Fill) -> None:
        shares = [Share(owner, fill.side * lots, fee) for owner, lots, fee in fill.shares]
        self.books.traded(fill.inst, fill.px, shares)
        assert self.row is not None
        value = fill.qty * self.tv[fill.inst]
        reference = self.row.price[fill.inst] or fill.px
        self.traded += value * reference
        self.slippage += value * fill.side * (fill.px - reference)
        self.fees += fill.fee
        if fill.client_id in self.orders:
            self.orders[fill.client_id][2] -= fill.qty

    def bar(self) -> Bar:
        """The book as it is now."""
        books = self.books
        assert self.row is not None
        lots = [books.account_position(inst) for inst in range(len(self.tv))]
        wanted = list(lots)
        for inst, side, qty in self.orders.values():
            wanted[inst] += side * qty
        return Bar(
            row=self.row,
            equity=books.account_equity(),
            cash=books.account_cash(),
            treasury=books.cash(TREASURY),
            funded=tuple(books.equity(owner_of(agent)) for agent in range(books.n_agents)),
            lots=tuple(lots),
            wanted=tuple(wanted),
            marks=books.marks,
            at_fill=self.at_fill,
            traded=self.traded,
            fees=self.fees,
            slippage=self.slippage,
            state=self.state,
            breaches=len(books.breaches()),
            sources=self._sources(),
        )

    def _sources(self) -> tuple[int, int, int, int, int]:
        ours = [TREASURY, SUSPENSE, *(owner_of(agent) for agent in range(self.books.n_agents))]
        moved, charged, fees, fills, marks = (
            sum(part) for part in zip(*(self.books.profit(owner) for owner in ours), strict=True)
        )
        return moved, charged, -fees, fills, marks

    def to_plain(self) -> Any:
        """Everything but the feed's row, as nested tuples and strings."""
        day = (self.at_fill, self.traded, self.fees, self.slippage)
        orders = tuple((name, *entry) for name, entry in self.orders.items())
        return (self.books.to_plain(), -1 if self.row is None else self.row.row, day, self.state, orders)

    def restore(self, plain: Any, known: BarRow | None = None) -> None:
        """Go on where `to_plain` was taken; the feed is asked for the row there unless it is `known`."""
        books, number, day, state, orders = plain
        if known is None or known.row != number:
            known = self.row_of(number) if number >= 0 else None
        self.books, self.row, self.state = Books.from_plain(books), known, state
        self.at_fill, self.traded, self.fees, self.slippage = day
        self.orders = {name: list(entry) for name, *entry in orders}
