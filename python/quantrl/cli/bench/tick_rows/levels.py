"""B6: level updates into a book of level sums, beside nautilus_trader's order book on the same updates."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from quantrl.backtest import LevelBook
from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.cli.bench.tick_rows.flow import LOT_SIZE, TICK_SIZE, Flow, wl2
from quantrl.typing import FloatArray

OURS, PEER, PEER_BATCH = "LevelBook.apply", "nautilus apply_delta", "nautilus apply_deltas"
SIZES = {"full": 200_000, "small": 5_000}
PIECES, LEVELS = 20, 10


def case(size: str) -> RateCase:
    """Updates of W-L2 without its trades; the peer's objects are made before the clock starts."""
    flow = wl2(SIZES[size])
    columns = flow.level_columns()
    n = len(columns["side"])
    ours = Contender(OURS, lambda: LevelBook().apply(columns), n)
    title, goals = f"{n:,} level updates of W-L2", (Goal(OURS, 5.0, PEER), Goal(OURS, 5.0, PEER_BATCH))
    try:
        peer = Nautilus(flow)
    except ImportError as error:
        absent = {PEER: f"not installed here ({error})"}
        return RateCase("B6", title, "updates", (ours,), goals, (), absent, flow.sha256)
    return RateCase(
        id="B6",
        title=title,
        unit="updates",
        contenders=(ours, Contender(PEER, peer.one_by_one, n), Contender(PEER_BATCH, peer.batch, n)),
        goals=goals,
        checks=(Check(f"{LEVELS} levels of nautilus", lambda: _depths(flow), peer.depths, 0.0),),
        sha256=flow.sha256,
    )


def _depths(flow: Flow) -> FloatArray:
    """(PIECES, 2, LEVELS, 2) ticks and lots of the best levels after each piece."""
    columns = flow.level_columns()
    book = LevelBook()
    found = []
    for piece in np.array_split(np.arange(len(columns["side"])), PIECES):
        book.apply({name: column[piece] for name, column in columns.items()})
        found.append(book.depth(LEVELS).astype(float))
    return np.array(found)


class Nautilus:
    """nautilus_trader's book of level sums, its updates as it wants them.

    Raises
    ------
    ImportError
        nautilus_trader is not installed.
    """

    def __init__(self, flow: Flow) -> None:
        self.data: Any = importlib.import_module("nautilus_trader.model.data")
        self.enums: Any = importlib.import_module("nautilus_trader.model.enums")
        self.book: Any = importlib.import_module("nautilus_trader.model.book")
        identifiers: Any = importlib.import_module("nautilus_trader.model.identifiers")
        objects: Any = importlib.import_module("nautilus_trader.model.objects")
        self.id = identifiers.InstrumentId.from_str("WL2.SIM")
        columns = flow.level_columns()
        digits = len(TICK_SIZE.partition(".")[2])
        sides = (self.enums.OrderSide.BUY, self.enums.OrderSide.SELL)
        update, delete = self.enums.BookAction.UPDATE, self.enums.BookAction.DELETE
        self.deltas = [
            self.data.OrderBookDelta(
                self.id,
                update if lots else delete,
                self.data.BookOrder(
                    sides[side], objects.Price(tick * float(TICK_SIZE), digits), objects.Quantity(lots, 0), 0
                ),
                0,
                0,
                ts,
                ts,
            )
            for side, tick, lots, ts in zip(
                columns["side"].tolist(),
                columns["price_ticks"].tolist(),
                columns["qty_lots"].tolist(),
                flow.ts_ns[~flow.trade].tolist(),
                strict=True,
            )
        ]
        self.all = self.data.OrderBookDeltas(self.id, self.deltas)

    def empty(self) -> Any:
        """A book without levels."""
        return self.book.OrderBook(self.id, self.enums.BookType.L2_MBP)

    def one_by_one(self) -> None:
        """One call an update."""
        apply: Callable[[Any], None] = self.empty().apply_delta
        for delta in self.deltas:
            apply(delta)

    def batch(self) -> None:
        """One call for all of them."""
        self.empty().apply_deltas(self.all)

    def depths(self) -> FloatArray:
        """What `_depths` gives, of the peer."""
        book, found = self.empty(), []
        for piece in np.array_split(np.arange(len(self.deltas)), PIECES):
            for row in piece.tolist():
                book.apply_delta(self.deltas[row])
            found.append([side_of(book.bids()), side_of(book.asks())])
        return np.array(found)


def side_of(levels: Any) -> list[tuple[float, float]]:
    """Ticks and lots of the best levels of a peer's side."""
    best = [
        (round(float(level.price) / float(TICK_SIZE)), float(level.size()) / float(LOT_SIZE))
        for level in levels[:LEVELS]
    ]
    return best + [(0.0, 0.0)] * (LEVELS - len(best))
