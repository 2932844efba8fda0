"""A matching order book as slowly as it can be written: two dicts of lists, and a walk over all of them for everything."""

from __future__ import annotations

from dataclasses import dataclass, field

MARKET = (1 << 63) - 1
Line = tuple[str, str, str, int, int, int, int, int, int]


@dataclass
class Order:
    id: int
    side: str
    price: int
    qty: int
    expires: int | None = None
    day: bool = False
    post_only: bool = False
    arrival: int = 0


@dataclass
class OrderBook:
    """Limit and market orders; gtc, ioc, fok, gtd, day; post-only; modify keeps its place where it does not grow."""

    orders: dict[str, dict[int, list[Order]]] = field(default_factory=lambda: {"buy": {}, "sell": {}})
    now: int = 0
    seq: int = 0
    arrivals: int = 0
    lines: list[Line] = field(default_factory=list)

    def _say(
        self,
        kind: str,
        side: str,
        order: int,
        price: int,
        qty: int,
        reason: str = "",
        maker: int = 0,
        taker: int = 0,
    ) -> None:
        self.lines.append((kind, side, reason, self.seq, order, price, qty, maker, taker))

    def _all(self) -> list[Order]:
        return [order for side in self.orders.values() for queue in side.values() for order in queue]

    def _find(self, order: int) -> Order | None:
        return next((found for found in self._all() if found.id == order), None)

    def _remove(self, order: Order) -> None:
        queue = self.orders[order.side][order.price]
        queue.remove(order)
        if not queue:
            del self.orders[order.side][order.price]

    def _tick(self, ts: int | None) -> bool:
        self.seq += 1
        ts = self.now if ts is None else ts
        if ts < self.now:
            return False
        self.now = ts
        due = [order for order in self._all() if order.expires is not None and order.expires <= ts]
        for order in sorted(due, key=lambda order: (order.expires, order.arrival)):
            self._expire(order)
        return True

    def _expire(self, order: Order) -> None:
        self._remove(order)
        self._say("expired", order.side, order.id, order.price, order.qty)

    def _reachable(self, side: str, price: int) -> list[Order]:
        """Orders of the other side that an order meets, first to be filled first."""
        if side == "buy":
            prices = sorted(p for p in self.orders["sell"] if p <= price)
            return [order for p in prices for order in self.orders["sell"][p]]
        prices = sorted((p for p in self.orders["buy"] if price == MARKET or p >= price), reverse=True)
        return [order for p in prices for order in self.orders["buy"][p]]

    def _match(self, order: Order) -> None:
        for maker in self._reachable(order.side, order.price):
            if order.qty == 0:
                return
            lots = min(order.qty, maker.qty)
            self._say("trade", order.side, order.id, maker.price, lots, maker=maker.id, taker=order.id)
            order.qty -= lots
            maker.qty -= lots
            if maker.qty == 0:
                self._remove(maker)

    def _rest(self, order: Order) -> None:
        self.orders[order.side].setdefault(order.price, []).append(order)

    def new(
        self,
        order: int,
        side: str,
        qty: int,
        price: int = MARKET,
        *,
        market: bool = False,
        tif: str = "gtc",
        expires: int | None = None,
        post_only: bool = False,
        ts: int | None = None,
    ) -> None:
        """Enter an order."""
        market = market or price == MARKET
        rests = not market and tif not in ("ioc", "fok")
        reason = (
            "clock_backwards" if not self._tick(ts)
            else "duplicate_id" if self._find(order)
            else "quantity" if not 0 < qty < 1 << 32
            else "price_out_of_range" if price != MARKET and not -(1 << 31) <= price < 1 << 31
            else "already_expired" if tif == "gtd" and (expires or 0) <= self.now
            else "contradiction" if post_only and not rests
            else "would_take" if post_only and self._reachable(side, price)
            else ""
        )  # fmt: skip
        if reason:
            self._say("reject", side, order, price, min(max(qty, 0), (1 << 32) - 1), reason)
            return
        self._say("ack", side, order, price, qty)
        self.arrivals += 1
        due = expires if tif == "gtd" else None
        entering = Order(order, side, price, qty, due, tif == "day", post_only, self.arrivals)
        if tif == "fok" and sum(maker.qty for maker in self._reachable(side, price)) < qty:
            self._say("cancelled", side, order, price, qty, "fok_unfilled")
            return
        self._match(entering)
        if entering.qty and rests:
            self._rest(entering)
        elif entering.qty:
            self._say("cancelled", side, order, price, entering.qty, "remainder")

    def cancel(self, order: int, ts: int | None = None) -> None:
        """End an order."""
        in_time = self._tick(ts)
        found = self._find(order)
        if not in_time or found is None:
            reason = "unknown_id" if in_time else "clock_backwards"
            self._say("cancel_reject", "buy", order, MARKET, 0, reason)
            return
        self._remove(found)
        self._say("cancelled", found.side, order, found.price, found.qty)

    def modify(self, order: int, price: int, qty: int, side: str, ts: int | None = None) -> None:
        """Give an order a price and open lots."""
        in_time = self._tick(ts)
        found = self._find(order)
        reason = (
            "clock_backwards" if not in_time
            else "unknown_id" if found is None
            else "wrong_side" if found.side != side
            else "quantity" if not 0 < qty < 1 << 32
            else "price_out_of_range" if not -(1 << 31) <= price < 1 << 31
            else "would_take" if found.post_only and self._reachable(side, price)
            else ""
        )  # fmt: skip
        if reason or found is None:
            self._say("modify_reject", "buy", order, MARKET, 0, reason)
            return
        self._say("modified", side, order, price, qty)
        if price == found.price and qty <= found.qty:
            found.qty = qty
            return
        self._remove(found)
        found.price, found.qty = price, qty
        self._match(found)
        if found.qty:
            self._rest(found)

    def close(self, ts: int) -> None:
        """End the day's orders."""
        if not self._tick(ts):
            self._say("reject", "buy", 0, MARKET, 0, "clock_backwards")
            return
        for order in sorted((o for o in self._all() if o.day), key=lambda order: order.arrival):
            self._expire(order)

    def advance(self, ts: int) -> None:
        """Let time pass."""
        if not self._tick(ts):
            self._say("reject", "buy", 0, MARKET, 0, "clock_backwards")

    def depth(self, levels: int) -> list[list[list[int]]]:
        """Bids, then asks: price and lots, best first."""
        sides = []
        for side, worst_first in (("buy", True), ("sell", False)):
            prices = sorted(self.orders[side], reverse=worst_first)[:levels]
            rows = [[price, sum(order.qty for order in self.orders[side][price])] for price in prices]
            sides.append(rows + [[0, 0]] * (levels - len(rows)))
        return sides
