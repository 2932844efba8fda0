"""A matching order book: price-time priority, integers only, a report for everything that happens.

Prices are ticks, quantities lots, times nanoseconds; their sizes are the caller's. `quantrl book conformance` runs the
rules of matching on the library as it is installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantrl import _core
from quantrl._core import BookReport
from quantrl.backtest._levels import LevelBook
from quantrl.data._columns import column_arrays
from quantrl.data._depth import depth_array
from quantrl.errors import ConfigError, OrderError
from quantrl.typing import IntArray

__all__ = ["NO_PRICE", "REPORT", "TABLES", "Book", "BookReport", "LevelBook", "conformance"]

#: Price of a report about an order without one, and of an order at the market.
NO_PRICE = int(np.iinfo(np.int64).max)
#: Names by number: `kind`, `reason` and `side` of reports, `op`, `side` and `tif` of messages.
TABLES: dict[str, tuple[str, ...]] = {name: tuple(names) for name, names in _core.book_tables().items()}
#: One report of `Book.apply`, 64 bytes.
REPORT = np.dtype(
    {
        "names": ["kind", "side", "reason", "seq", "id", "price_ticks", "qty_lots", "maker", "taker"],
        "formats": ["u1", "u1", "u1", "u8", "u8", "i8", "u4", "u8", "u8"],
        "offsets": [0, 1, 2, 8, 16, 24, 32, 40, 48],
        "itemsize": 64,
    }
)
_REQUIRED = {"op": "u1", "id": "u8", "side": "u1", "price_ticks": "i8", "qty_lots": "i8"}
_OPTIONAL = {"market": "u1", "tif": "u1", "expires_ns": "i8", "owner": "u2", "post_only": "u1", "ts_ns": "i8"}
_SIDE = {name: number for number, name in enumerate(TABLES["side"])}
_TIF = {name: number for number, name in enumerate(TABLES["tif"])}


class Book:
    """The order book of one instrument with its matching engine.

    What a venue would refuse (an unknown id, no lots, a price out of range) is a report with a reason, not an exception.

    Parameters
    ----------
    base_tick : int
        Prices reach 2^31 ticks from here.
    step : int
        Ticks between prices of the venue, for `post_only="slide"`.
    modify : {"keep_on_decrease", "always_requeue"}
        When a modified order keeps its place: at the same price and not larger, or never.
    post_only : {"reject", "slide"}
        What becomes of a post-only order that would take.
    stp : {"off", "cancel_newest", "cancel_oldest", "cancel_both", "decrement"}
        What happens instead of a trade between equal owners.
    collar_ticks : int or None
        How far from the touch at arrival a market order may trade.

    Raises
    ------
    ConfigError
        A setting out of range, named.
    """

    __slots__ = ("_book",)

    def __init__(
        self,
        *,
        base_tick: int = 0,
        step: int = 1,
        modify: str = "keep_on_decrease",
        post_only: str = "reject",
        stp: str = "off",
        collar_ticks: int | None = None,
    ) -> None:
        if step < 1:
            raise ConfigError(f"step: expected at least 1, got {step}")
        try:
            self._book = _core.OrderBook(
                base_tick=base_tick,
                step=step,
                modify=modify,
                post_only=post_only,
                stp=stp,
                collar_ticks=collar_ticks,
            )
        except OverflowError as error:
            raise ConfigError(
                f"base_tick, step, collar_ticks: expected 64 and twice 32 bits, got {base_tick}, {step}, {collar_ticks}"
            ) from error

    def submit(
        self,
        order_id: int,
        side: str,
        qty_lots: int,
        price_ticks: int | None = None,
        *,
        market: bool = False,
        tif: str = "gtc",
        expires_ns: int | None = None,
        owner: int = 0,
        post_only: bool = False,
        ts_ns: int | None = None,
    ) -> list[BookReport]:
        """Enter an order and match it.

        Parameters
        ----------
        order_id : int
            Any number below 2^64 that no live order has.
        side : {"buy", "sell"}
        qty_lots : int
        price_ticks : int or None
            Limit; None trades at the market.
        market : bool
            Never rest: `price_ticks` is then the worst price of a market order.
        tif : {"gtc", "ioc", "fok", "gtd", "day"}
        expires_ns : int or None
            When a `gtd` order ends; it does not trade at that time.
        owner : int
            Whose it is, for self-trade prevention; 0 is nobody in particular.
        post_only : bool
            Never take.
        ts_ns : int or None
            Time of the message, not before the last one's; None is the book's own.

        Returns
        -------
        list of BookReport
            Ends of orders that were due, the acknowledgement or rejection, trades in order, the end of a remainder.

        Raises
        ------
        ConfigError
            An unknown `side` or `tif`, or `gtd` without `expires_ns`.
        OrderError
            A number beyond 64 bits (`owner`: 16). The book is as it was.
        """
        if expires_ns is None:
            if tif == "gtd":
                raise ConfigError("expires_ns: expected a time, for tif gtd, got none")
            expires_ns = 0
        try:
            return self._book.submit(
                order_id,
                _SIDE[side],
                price_ticks,
                qty_lots,
                market,
                _TIF[tif],
                expires_ns,
                owner,
                post_only,
                ts_ns,
            )
        except KeyError:
            _known("side", side, _SIDE)
            _known("tif", tif, _TIF)
            raise
        except OverflowError as error:
            raise _too_large(error, order_id=order_id, qty_lots=qty_lots, price_ticks=price_ticks) from error

    def cancel(self, order_id: int, *, ts_ns: int | None = None) -> list[BookReport]:
        """End an order."""
        try:
            return self._book.cancel(order_id, ts_ns)
        except OverflowError as error:
            raise _too_large(error, order_id=order_id) from error

    def modify(
        self,
        order_id: int,
        price_ticks: int,
        qty_lots: int,
        *,
        side: str | None = None,
        ts_ns: int | None = None,
    ) -> list[BookReport]:
        """Give an order a price and *open* lots; one that crosses then trades as a new aggressor.

        With `side` the order must stand on that side.
        """
        number = None if side is None else _known("side", side, _SIDE)
        try:
            return self._book.modify(order_id, price_ticks, qty_lots, number, ts_ns)
        except OverflowError as error:
            raise _too_large(error, order_id=order_id, qty_lots=qty_lots, price_ticks=price_ticks) from error

    def advance(self, ts_ns: int) -> list[BookReport]:
        """Let time pass: `gtd` orders that are due end, by (expiry, arrival)."""
        return self._book.advance(ts_ns)

    def close(self, ts_ns: int) -> list[BookReport]:
        """Close the session: `day` orders end."""
        return self._book.close(ts_ns)

    def apply(self, columns: Mapping[str, Any] | pl.DataFrame) -> NDArray[Any]:
        """Send many messages, one a row: the same as one call each, without Python in between.

        Parameters
        ----------
        columns : mapping of str to (n,) array, or polars.DataFrame
            ``op`` uint8 and ``side`` uint8 (numbers of `TABLES`), ``id`` uint64, ``price_ticks`` int64 (`NO_PRICE`: at the
            market), ``qty_lots`` int64; and where wanted ``market`` uint8 or bool, ``tif`` uint8, ``expires_ns`` int64,
            ``owner`` uint16, ``post_only`` uint8 or bool, ``ts_ns`` int64. Arrays are read in place, never converted.

        Returns
        -------
        (n_reports,) structured array of `REPORT`

        Raises
        ------
        DataError
            A column of another name, type or length, or a number without a meaning, with its row. No message was sent.

        Notes
        -----
        The GIL is released. Every 65,536 messages the call looks for Ctrl-C; the messages before it stay applied, `seq`
        says how many. Between such chunks other threads may send messages of their own.
        """
        c = column_arrays(columns, _REQUIRED, _OPTIONAL)
        reports = self._book.apply(
            c["op"],
            c["id"],
            c["side"],
            c["price_ticks"],
            c["qty_lots"],
            c.get("market"),
            c.get("tif"),
            c.get("expires_ns"),
            c.get("owner"),
            c.get("post_only"),
            c.get("ts_ns"),
        )
        return reports.view(REPORT)

    def best(self) -> tuple[int | None, int | None]:
        """Highest bid and lowest ask in ticks; None where a side is empty. O(1)."""
        return self._book.best()

    def depth(self, levels: int = 5, out: IntArray | None = None) -> IntArray:
        """Price in ticks and lots of the best levels.

        Returns
        -------
        (2, levels, 2) int64
            Bids, then asks; best first; ticks and lots. `out` itself if given. A missing level is 0, 0.
        """
        out = depth_array(levels, out)
        self._book.depth(out)
        return out

    def lots_at(self, side: str, price_ticks: int) -> int:
        """Lots that rest at a price, 0 if none."""
        return self._book.lots_at(_known("side", side, _SIDE), price_ticks)

    def queue(self, side: str, price_ticks: int) -> tuple[NDArray[np.uint64], IntArray]:
        """Ids and open lots of the orders at a price, first to be filled first."""
        return self._book.queue(_known("side", side, _SIDE), price_ticks)

    def copy(self) -> Book:
        """A book of its own in the same state."""
        other = object.__new__(Book)
        other._book = self._book.copy()
        return other

    def hash(self) -> int:
        """FNV-1a 64 over side, price and queue of every level: equal states have equal hashes. O(orders)."""
        return self._book.hash()

    def validate(self) -> None:
        """Check every invariant of the book.

        Raises
        ------
        DataError
            The first that does not hold; a defect of the library.
        """
        self._book.validate()

    @property
    def n_orders(self) -> int:
        """Resting orders."""
        return self._book.order_count()

    @property
    def seq(self) -> int:
        """Messages so far; the last one's number in its reports."""
        return self._book.seq

    @property
    def now_ns(self) -> int | None:
        """Time of the last message."""
        return self._book.now_ns


def conformance() -> list[dict[str, Any]]:
    """Every rule of matching, run now: `rule`, `status` (``pass``, ``fail``, ``later``), `cases`, `failure`."""
    names = ("rule", "status", "cases", "failure")
    return [dict(zip(names, row, strict=True)) for row in _core.book_conformance()]


def _known(field: str, name: str, table: Mapping[str, int]) -> int:
    if name not in table:
        raise ConfigError(f"{field}: expected one of {', '.join(table)}, got {name!r}")
    return table[name]


def _too_large(error: OverflowError, **fields: int | None) -> OrderError:
    given = ", ".join(f"{name} {value}" for name, value in fields.items())
    return OrderError(f"{given}: expected 64-bit numbers ({error})")
