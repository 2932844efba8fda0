"""B5: limit orders into a matching book, in one batch and one call an order, beside nanobook on the same orders."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantrl.backtest import Book
from quantrl.backtest.book import TABLES
from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.rng import generator
from quantrl.typing import FloatArray, IntArray

BATCH, SINGLE, PEER = "Book.apply", "Book.submit", "nanobook submit_limit"
SIZES = {"full": 100_000, "small": 2_000}
MID, SPREAD, MOST_LOTS = 10_000, 8.0, 100
NOTES = (
    "answers are dropped as they come; nanobook lists no reports, only totals, until its trades are asked for",
)
_STREAM = 9032
_TRADE = TABLES["kind"].index("trade")


@dataclass(frozen=True)
class Orders:
    """Limit orders in the order they arrive; ids from 1, as the peer numbers them."""

    sell: NDArray[np.bool_]
    price_ticks: IntArray
    lots: IntArray

    def __len__(self) -> int:
        return len(self.lots)

    @property
    def sha256(self) -> str:
        """Of the columns."""
        columns = (self.sell, self.price_ticks, self.lots)
        return hashlib.sha256(b"".join(column.tobytes() for column in columns)).hexdigest()

    def columns(self) -> dict[str, NDArray[Any]]:
        """As `Book.apply` takes them."""
        return {
            "op": np.full(len(self), TABLES["op"].index("new"), np.uint8),
            "id": np.arange(1, len(self) + 1, dtype=np.uint64),
            "side": self.sell.astype(np.uint8),
            "price_ticks": self.price_ticks,
            "qty_lots": self.lots,
        }

    def calls(self) -> list[tuple[int, str, int, int]]:
        """Id, side, lots and price of each, as Python objects."""
        sides = np.where(self.sell, "sell", "buy").tolist()
        prices, lots = self.price_ticks.tolist(), self.lots.tolist()
        return list(zip(range(1, len(self) + 1), sides, lots, prices, strict=True))


def orders(n: int, seed: int = 0) -> Orders:
    """Buys and sells around one price: most of the lots trade."""
    random = generator(seed, _STREAM, "synthetic")
    price = MID + np.round(random.normal(0.0, SPREAD, n)).astype(np.int64)
    return Orders(random.random(n) < 0.5, price, random.integers(1, MOST_LOTS + 1, n))


def case(size: str) -> RateCase:
    """Every contender starts from an empty book; what Python needs to call it is made before."""
    flow = orders(SIZES[size])
    n, columns, calls = len(flow), flow.columns(), flow.calls()
    contenders = [
        Contender(BATCH, lambda: Book().apply(columns), n),
        Contender(SINGLE, lambda: _submit(Book().submit, calls), n),
    ]
    checks = [
        Check(f"{SINGLE} and {BATCH}", lambda: _of_batch(columns), lambda: _of_single(calls), 0.0),
    ]
    absent: dict[str, str] = {}
    try:
        exchange: Any = importlib.import_module("nanobook").Exchange
        contenders.append(Contender(PEER, lambda: _submit_peer(exchange().submit_limit, calls), n))
        checks.append(
            Check("trades of nanobook", lambda: _of_batch(columns), lambda: _of_peer(exchange, calls), 0.0)
        )
    except ImportError as error:
        absent[PEER] = f"not installed here ({error})"
    return RateCase(
        id="B5",
        title=f"{n:,} limit orders into an empty book",
        unit="orders",
        contenders=tuple(contenders),
        goals=(Goal(BATCH, 20.0, PEER), Goal(SINGLE, 2.0, PEER)),
        checks=tuple(checks),
        absent=absent,
        sha256=flow.sha256,
        notes=() if absent else NOTES,
    )


def _submit(submit: Callable[..., Any], calls: list[tuple[int, str, int, int]]) -> None:
    for number, side, lots, price in calls:
        submit(number, side, lots, price)


def _submit_peer(submit: Callable[..., Any], calls: list[tuple[int, str, int, int]]) -> None:
    for _, side, lots, price in calls:
        submit(side, price, lots)


def _table(trades: Iterable[tuple[int, int, int, int]]) -> FloatArray:
    """(trades, 4): maker, taker, price, lots."""
    return np.array(list(trades), float).reshape(-1, 4)


def _of_batch(columns: dict[str, NDArray[Any]]) -> FloatArray:
    reports = Book().apply(columns)
    trades = reports[reports["kind"] == _TRADE]
    return _table(
        zip(*(trades[name].tolist() for name in ("maker", "taker", "price_ticks", "qty_lots")), strict=True)
    )


def _of_single(calls: list[tuple[int, str, int, int]]) -> FloatArray:
    book = Book()
    reports = [report for call in calls for report in book.submit(*call) if report.kind == "trade"]
    return _table((r.maker or 0, r.taker or 0, r.price_ticks or 0, r.qty_lots) for r in reports)


def _of_peer(exchange: Any, calls: list[tuple[int, str, int, int]]) -> FloatArray:
    book = exchange()
    trades = [
        trade for _, side, lots, price in calls for trade in book.submit_limit(side, price, lots).trades
    ]
    return _table((t.passive_order_id, t.aggressor_order_id, t.price, t.quantity) for t in trades)
