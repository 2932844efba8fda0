"""One order at rest in a recorded book of level sums, event after event; the queue models are those of `l2_queue`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from quantrl.data.events import FLAGS, KINDS, EventFile
from reference.l2_queue import Order, half_away

SELL = FLAGS["sell"]
EVERY = 256
Books = tuple[dict[int, int], dict[int, int]]


class Events:
    """Level and trade events of one instrument in file order, and its book before every 256th."""

    def __init__(self, file: EventFile, instr: int) -> None:
        columns = {name: values.tolist() for name, values in file.columns().items()}
        names = ("ts", "kind", "flags", "instr", "tick", "qty")
        self.rows = [
            (ts, KINDS[kind], int(bool(flags & SELL)), tick, qty)
            for ts, kind, flags, where, tick, qty in zip(*(columns[name] for name in names), strict=True)
            if where == instr
        ]
        books: Books = ({}, {})
        self.marks: list[Books] = []
        for at, row in enumerate(self.rows):
            if at % EVERY == 0:
                self.marks.append((dict(books[0]), dict(books[1])))
            apply(books, row)

    def until(self, ts: int) -> tuple[Books, int]:
        """The book with every event up to and with a time, and how many those are."""
        at = 0
        while at + EVERY < len(self.rows) and self.rows[at + EVERY][0] <= ts:
            at += EVERY
        books = (dict(self.marks[at // EVERY][0]), dict(self.marks[at // EVERY][1]))
        while at < len(self.rows) and self.rows[at][0] <= ts:
            apply(books, self.rows[at])
            at += 1
        return books, at


def apply(books: Books, row: tuple[int, str, int, int, int]) -> int:
    """One event; lots its price had before."""
    _, kind, side, tick, qty = row
    if kind != "LEVEL":
        return 0
    own, other, sign = books[side], books[1 - side], -1 if side else 1
    before = own.pop(tick, 0)
    if qty:
        own[tick] = qty
        for crossed in [t for t in other if sign * t <= sign * tick]:
            del other[crossed]
    return before


@dataclass
class Resting:
    """An order at rest: `side` 0 buys, 1 sells.

    Attributes
    ----------
    taken : dict
        (side of the book, tick) to (lots, since): what the account took of displayed lots and is not back yet.
    """

    events: Events
    at: int
    books: Books
    side: int
    tick: int
    leaves: int
    model: str
    taken: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.place = Order(
            self.side, self.tick, self.leaves, front=float(self.books[self.side].get(self.tick, 0))
        )

    def next(self, until: int) -> tuple[int, int, dict[Any, Any]] | None:
        """The next execution up to and with a time: its time, its lots, and what it took of displayed lots."""
        while self.leaves and self.at < len(self.events.rows) and self.events.rows[self.at][0] <= until:
            row = self.events.rows[self.at]
            ts, kind, side, tick, qty = row
            self.at += 1
            before = apply(self.books, row)
            took: dict[Any, Any] = {}
            lots = 0
            if kind == "TRADE" and side != self.side:
                lots = self._traded(tick, qty)
            elif kind == "LEVEL":
                self._forget(side, tick, qty)
                if side == self.side and tick == self.tick:
                    self.place.depth(float(before), float(qty), self.model, 2.0)
                new = qty - before
                if side != self.side and new > 0 and self._reached(tick):
                    lots = self.leaves
                    gone = self._missing(side, tick, ts) + min(lots, new)
                    self.taken[side, tick] = (gone, ts)
                    took = {(side, tick): (gone, ts)}
            if lots:
                self.leaves -= lots
                return ts, lots, took
        return None

    def _reached(self, tick: int) -> bool:
        return tick >= self.tick if self.side else tick <= self.tick

    def _traded(self, tick: int, lots: int) -> int:
        if not self._reached(tick):
            return 0
        if tick != self.tick:
            return self.leaves
        if not self.place.trade(lots):
            return 0
        reach = half_away(-self.place.front)
        self.place.front = 0.0
        return min(reach, lots, self.leaves)

    def _forget(self, side: int, tick: int, qty: int) -> None:
        if not qty:
            self.taken.pop((side, tick), None)
            return
        sign = -1 if side else 1
        for key in [key for key in self.taken if key[0] != side and sign * key[1] <= sign * tick]:
            del self.taken[key]

    def _missing(self, side: int, tick: int, ts: int) -> int:
        held, since = self.taken.get((side, tick), (0, 0))
        waits = min(max(10**9 - (ts - since), 0), 10**9)
        return -(-held * waits // 10**9)
