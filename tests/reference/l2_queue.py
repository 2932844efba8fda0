"""Level data against two resting quotes, as slowly and plainly as it can be said: the oracle of L2_QUEUE with full fills.

An own order's front is the lots shown at its price when it arrives. Trades at its price use the front up, falls of the level
in part, by a model of where the fall was. It is filled whole by a trade that goes half a lot past the front, by a trade past
its price, and by the opposite best reaching its price. Time is exchange time; what is equal is done in the order local feed,
responses, exchange feed, requests, wake.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

BUY, SELL = 0, 1
LOCAL_FEED, RESPONSE, EXCHANGE_FEED, REQUEST, WAKE = range(5)


@np.errstate(all="ignore")
def power(front: float, back: float, n: float) -> float:
    """k^n / (k^n + q^n)."""
    return float(np.power(back, n) / (np.power(back, n) + np.power(front, n)))


@np.errstate(all="ignore")
def power2(front: float, back: float, n: float) -> float:
    """k^n / (k + q)^n."""
    return float(np.power(back, n) / np.power(back + front, n))


@np.errstate(all="ignore")
def power3(front: float, back: float, n: float) -> float:
    """1 - (q / (q + k))^n."""
    return float(1.0 - np.power(np.divide(front, front + back), n))


@np.errstate(all="ignore")
def log(front: float, back: float, _: float) -> float:
    """ln(1 + k) / (ln(1 + k) + ln(1 + q))."""
    return float(np.log(1.0 + back) / (np.log(1.0 + back) + np.log(1.0 + front)))


@np.errstate(all="ignore")
def log2(front: float, back: float, _: float) -> float:
    """ln(1 + k) / ln(1 + k + q)."""
    return float(np.log(1.0 + back) / np.log(1.0 + (back + front)))


MODELS: dict[str, Callable[[float, float, float], float] | None] = {
    "risk_averse": None,
    "power": lambda q, k, n: power(np.float64(q), np.float64(k), n),
    "power2": lambda q, k, n: power2(np.float64(q), np.float64(k), n),
    "power3": lambda q, k, n: power3(np.float64(q), np.float64(k), n),
    "log": lambda q, k, n: log(np.float64(q), np.float64(k), n),
    "log2": lambda q, k, n: log2(np.float64(q), np.float64(k), n),
}


def least(a: float, b: float) -> float:
    """The smaller; where one is not a number, the other."""
    if math.isnan(a):
        return b
    return a if math.isnan(b) or a < b else b


def half_away(x: float) -> int:
    """The nearest whole number, halves away from zero."""
    return int(math.copysign(math.floor(abs(x) + 0.5), x))


@dataclass
class Order:
    """An own order at the venue, and what its owner knows of it (`known`: none, working, dead; `asked`: under way)."""

    side: int
    tick: int
    lots: int
    front: float = 0.0
    traded: float = 0.0
    live: bool = False
    known: str = ""
    asked: bool = True

    def depth(self, before: float, after: float, model: str, n: float) -> None:
        """Its level went from `before` to `after` lots."""
        prob = MODELS[model]
        if prob is None:
            self.front = least(self.front, after)
            return
        fall = before - after - self.traded
        self.traded = 0.0
        if fall < 0.0:
            self.front = least(self.front, after)
            return
        back = before - self.front
        p = prob(self.front, back, n)
        p = 1.0 if math.isinf(p) else p
        self.front = least(self.front - (1.0 - p) * fall + least(back - p * fall, 0.0), after)

    def trade(self, lots: float) -> bool:
        """Lots traded at its price: is it filled?"""
        self.front -= lots
        self.traded += lots
        return half_away(-self.front) > 0


@dataclass
class Quotes:
    """The replay: rows in, fills out.

    Parameters
    ----------
    rows : list of (ts, is trade, side, tick, lots)
        Side: of the level, of a trade the aggressor's.
    """

    rows: list[tuple[int, bool, int, int, int]]
    feed_ns: int
    entry_ns: int
    response_ns: int
    refresh_ns: int
    model: str
    n: float = 0.0
    offset: int = 1
    size: int = 1
    fills: list[tuple[int, int, int, int]] = field(default_factory=list)

    def run(self) -> list[tuple[int, int, int, int]]:
        """(time, side, tick, lots) of every fill, sorted."""
        self.venue: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self.local: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self.orders: list[Order] = []
        self.current: list[Order | None] = [None, None]
        self.heap: list[tuple[int, int, int, object]] = []
        self.number = 0
        start = self.rows[0][0]
        for row in self.rows:
            self._at(row[0], EXCHANGE_FEED, row)
            self._at(row[0] + self.feed_ns, LOCAL_FEED, row)
        wake = start + self.refresh_ns
        while self.heap:
            if self.heap[0][0] > wake:
                self._wake(wake)
                wake += self.refresh_ns
                continue
            now, kind, _, what = heapq.heappop(self.heap)
            if kind == LOCAL_FEED:
                _, trade, side, tick, lots = what
                if not trade:
                    _set(self.local[side], tick, lots)
            elif kind == EXCHANGE_FEED:
                self._event(*what)
            elif kind == REQUEST:
                self._request(now, *what)
            else:
                order, outcome = what
                order.known, order.asked = (outcome, False) if order.known != "dead" else ("dead", False)
        return sorted(self.fills)

    def _at(self, ts: int, kind: int, what: object) -> None:
        self.number += 1
        heapq.heappush(self.heap, (ts, kind, self.number, what))

    def _event(self, ts: int, trade: bool, side: int, tick: int, lots: int) -> None:
        other = 1 - side
        sign = 1 if side == BUY else -1
        if trade:
            for order in [o for o in self.orders if o.side == other]:
                if sign * order.tick < sign * tick or (order.tick == tick and order.trade(lots)):
                    self._fill(ts, order)
            return
        before = _best(self.venue, side)
        shown = self.venue[side].get(tick, 0)
        _set(self.venue[side], tick, lots)
        for order in self.orders:
            if order.side == side and order.tick == tick:
                order.depth(float(shown), float(lots), self.model, self.n)
        best = _best(self.venue, side)
        if best is not None and (before is None or sign * best > sign * before):
            for order in [o for o in self.orders if o.side == other and sign * o.tick <= sign * best]:
                self._fill(ts, order)

    def _fill(self, ts: int, order: Order) -> None:
        self.orders.remove(order)
        order.live = False
        self.fills.append((ts, order.side, order.tick, order.lots))
        self._at(ts + self.response_ns, RESPONSE, (order, "dead"))

    def _request(self, now: int, order: Order, what: str) -> None:
        if what == "cancel":
            if order.live:
                self.orders.remove(order)
                order.live = False
            self._at(now + self.response_ns, RESPONSE, (order, "dead"))
            return
        opposite = _best(self.venue, 1 - order.side)
        sign = 1 if order.side == BUY else -1
        if opposite is not None and sign * order.tick >= sign * opposite:
            self._at(now + self.response_ns, RESPONSE, (order, "dead"))
            return
        order.front, order.live = float(self.venue[order.side].get(order.tick, 0)), True
        self.orders.append(order)
        self._at(now + self.response_ns, RESPONSE, (order, "working"))

    def _wake(self, now: int) -> None:
        for side in (BUY, SELL):
            held = self.current[side]
            if held is not None and held.known == "dead":
                held = self.current[side] = None
            best = _best(self.local, side)
            target = None if best is None else best + (self.offset if side == SELL else -self.offset)
            if held is not None:
                if held.asked or held.tick == target:
                    continue
                held.asked = True
                self._at(now + self.entry_ns, REQUEST, (held, "cancel"))
            if target is not None:
                order = self.current[side] = Order(side, target, self.size)
                self._at(now + self.entry_ns, REQUEST, (order, "new"))


def _set(levels: dict[int, int], tick: int, lots: int) -> None:
    if lots:
        levels[tick] = lots
    else:
        levels.pop(tick, None)


def _best(book: tuple[dict[int, int], dict[int, int]], side: int) -> int | None:
    if not book[side]:
        return None
    return max(book[side]) if side == BUY else min(book[side])
