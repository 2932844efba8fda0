"""What a book was worth at every bar, from its journal and its feed alone: exact, nothing is decided again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from quantrl.live import events
from quantrl.live.books import Books
from quantrl.live.feeds import BarRow
from quantrl.live.postings import TRANSFER, Share
from quantrl.live.reading import ClosedBook
from quantrl.live.vocabulary import SUSPENSE, TREASURY, OrderState, TradingState, owner_of

_ENDED = (OrderState.FILLED, OrderState.CANCELED, OrderState.REJECTED, OrderState.EXPIRED)
_KINDS = (
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


@dataclass
class _Walk:
    """Books that follow the journal."""

    book: ClosedBook
    books: Books = field(init=False)
    row: BarRow | None = None
    at_fill: int = 0
    traded: int = 0
    fees: int = 0
    slippage: int = 0
    state: str = TradingState.ACTIVE.name
    orders: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.books = Books(self.book.setup.tv, self.book.setup.n_agents)

    def take(self, values: Any) -> None:
        """Apply one event."""
        if isinstance(values, events.Market):
            self._market(values)
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

    def _market(self, market: events.Market) -> None:
        row = self.row = self.book.setup.feed.row(market.last)
        books, tv = self.books, self.book.setup.tv
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
        value, reference = fill.qty * self.book.setup.tv[fill.inst], self.row.price[fill.inst]
        self.traded += value * reference
        self.slippage += value * fill.side * (fill.px - reference)
        self.fees += fill.fee
        if fill.client_id in self.orders:
            self.orders[fill.client_id][2] -= fill.qty

    def bar(self) -> Bar:
        """The book as it is now."""
        books, setup = self.books, self.book.setup
        assert self.row is not None
        lots = [books.account_position(inst) for inst in range(len(setup.instruments))]
        wanted = list(lots)
        for inst, side, qty in self.orders.values():
            wanted[inst] += side * qty
        return Bar(
            row=self.row,
            equity=books.account_equity(),
            cash=books.account_cash(),
            treasury=books.cash(TREASURY),
            funded=tuple(books.equity(owner_of(agent)) for agent in range(setup.n_agents)),
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


def history(book: ClosedBook) -> Iterator[Bar]:
    """Every bar the book took, in order.

    Raises
    ------
    InvariantError
        A posting that does not balance.
    """
    walk = _Walk(book)
    for _, values in book.content(*_KINDS):
        if isinstance(values, events.Market) and walk.row is not None:
            yield walk.bar()
        walk.take(values)
    if walk.row is not None:
        yield walk.bar()
