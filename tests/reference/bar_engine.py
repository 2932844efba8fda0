"""The bar engine as slowly and obviously as it can be written: one name at a time, bisection for every root."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from reference.bar_orders import NOISE, Bounds, Orders, clip, in_lots, lots, size, sized, wanted, weighed


@dataclass
class Account:
    """`run` gives one row a bar. Options: fill, sizing, size_at, buy, sell, fixed, minimum, lot (N,), band (N,), min_order,
    participation, max_turnover, lend, borrow, margin: None or (max_gross, maintenance, halts)."""

    o: SimpleNamespace
    cash: float
    units: list[float] = field(default_factory=list)
    last: list[float] = field(default_factory=list)
    target: list[float] = field(default_factory=list)
    gone: set[int] = field(default_factory=set)
    day: dict[str, Any] = field(default_factory=dict)

    def cost(self, orders: Orders) -> float:
        """Of orders by value: slippage, then the fee on the slipped value."""

        def one(i: int, x: float) -> float:
            s, fee = float(self.day["slippage"][i]), self.o.buy if x > 0 else self.o.sell
            slipped = abs(x) * (1 + s if x > 0 else 1 - s)
            return max(self.o.minimum, self.o.fixed + abs(x) * s + slipped * fee)

        return math.fsum(one(i, x) for i, x in orders.items() if x != 0)

    def values(self) -> list[float]:
        return [u * p for u, p in zip(self.units, self.last, strict=True)]

    def equity(self) -> float:
        return self.cash + math.fsum(self.values())

    def mark(self, price: np.ndarray) -> None:
        self.last = [old if math.isnan(p) else float(p) for old, p in zip(self.last, price, strict=True)]

    def over(self, x: Orders, cost: float) -> float:
        """By how much the account cannot hold what orders of values x lead to."""
        if self.o.margin is None:
            return math.fsum(x.values()) + cost - self.cash
        gross = math.fsum(abs(v + x.get(i, 0.0)) for i, v in enumerate(self.values()))
        return gross - self.o.margin[0] * (self.equity() - cost)

    def free(self, w: np.ndarray, x: Orders, forced: bool) -> Bounds:
        """Largest sale and purchase in units of the names whose order x nothing forbids."""
        equity, caps = self.equity(), {}
        for i, order in x.items():
            side = self.day["can_buy"] if order > 0 else self.day["can_sell"]
            small = abs(order) <= self.o.band[i] * equity or (abs(order) < self.o.min_order and w[i] != 0)
            on_target = abs(order) <= NOISE * equity and w[i] != 0
            if i in self.gone or math.isnan(order) or on_target or not side[i] or (small and not forced):
                continue
            known, most = float(np.nan_to_num(self.day["volume"][i])), self.o.participation
            most = in_lots(self, i, most * known if math.isfinite(most) else math.inf)
            caps[i] = (-most if self.day["can_sell"][i] else 0.0, most if self.day["can_buy"][i] else 0.0)
        return caps

    def rebalance(self, w: np.ndarray, price: np.ndarray, forced: bool) -> tuple[float, float, float]:
        """Trade to weights, or to the units they fixed before; returns cost, traded value, scale."""
        value, equity, is_sized = self.values(), self.equity(), self.o.size_at == "decision" and not forced
        if equity <= 0:
            return 0.0, 0.0, 0.0
        asks = [i for i in range(len(w)) if not math.isnan(w[i]) and (w[i] != 0 or value[i] != 0)]
        q = {i: wanted(self, i) if is_sized else (w[i] * equity - value[i]) / price[i] for i in asks}
        caps = self.free(w, {i: one * price[i] for i, one in q.items()}, forced)
        if is_sized:
            q, charged, scale = sized(self, {i: clip(q[i], *cap) for i, cap in caps.items()}, price)
        elif not caps:
            return 0.0, 0.0, 1.0
        else:
            wanted_x, charged, scale = weighed(self, w, price, caps, forced)
            q = {i: lots(self, i, one / price[i], caps[i]) for i, one in wanted_x.items()}
        x = {i: one * price[i] for i, one in q.items()}
        paid = self.cost({i: (charged or x)[i] for i, one in x.items() if one != 0})
        left = self.cash - math.fsum(x.values()) - paid
        broke = self.o.margin is None and left < -2 * NOISE * equity
        if scale < 0 or (not forced and (broke or equity - paid <= 0)):
            return 0.0, 0.0, 0.0
        self.cash = left
        for i, one in q.items():
            left = self.units[i] + one
            self.units[i] = 0.0 if abs(left) < 1e-12 * abs(one) else left
        return paid, math.fsum(abs(one) for one in x.values()), scale

    def act(self) -> float:
        """Splits, dividends and delistings; returns the dividends."""
        paid = 0.0
        for i in range(len(self.units)):
            split = float(np.nan_to_num(self.day["split"][i], nan=1.0))
            self.units[i], self.target[i] = self.units[i] * split, self.target[i] * split
            self.last[i] /= split
            paid += self.units[i] * float(np.nan_to_num(self.day["dividend"][i]))
            if not math.isnan(self.day["delisted"][i]):
                self.cash += self.units[i] * float(self.day["delisted"][i])
                self.units[i] = 0.0
                self.gone.add(i)
        return paid

    def run(
        self, close: np.ndarray, price: np.ndarray, weights: np.ndarray, days: dict[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Row t of `weights` is decided after close t."""
        bars, n = close.shape
        self.units, self.last, self.target = [0.0] * n, [0.0] * n, [math.nan] * n
        rows, state, same_bar = [], "open", self.o.fill == "close"
        for t in range(bars):
            self.day = {name: column[t] for name, column in days.items()}
            if state == "ruined":
                rows.append((self.cash, self.cash, 0, 0, math.nan, self.cash, 0, 0, 0, 0, *self.units))
                continue
            shorts = [max(-value, 0.0) for value in self.values()]
            free = max(self.cash - math.fsum(shorts), 0.0)
            interest = (self.o.lend * free - self.o.borrow * max(-self.cash, 0.0)) * self.day["years"]
            fee = math.fsum(self.day["short_fee"] * shorts) * self.day["years"]
            dividends = self.act()
            self.cash += dividends + interest - fee
            self.mark(price[t] if self.o.fill in ("next_open", "next_typical") else close[t])
            at_fill, done = self.equity(), (0.0, 0.0, math.nan)
            due = weights[t] if same_bar else weights[t - 1] if t else np.full(n, math.nan)
            if same_bar:
                size(self, due)
            if state == "called":
                done = self.rebalance(np.zeros(n), price[t], forced=True)
                state = "halted" if self.o.margin[2] else "open"
            elif state == "open" and not np.isnan(due).all():
                done = self.rebalance(due, price[t], forced=False)
            self.mark(close[t])
            gross, equity = math.fsum(abs(v) for v in self.values()), self.equity()
            if equity <= 0:
                state, self.cash, self.units = "ruined", equity, [0.0] * n
            elif self.o.margin is not None and state == "open" and equity < self.o.margin[1] * gross:
                state = "called"
            if not same_bar:
                size(self, weights[t])
            share = gross / equity if equity > 0 else 0.0
            rows.append((equity, self.cash, *done, at_fill, share, dividends, interest, fee, *self.units))
        table = np.array(rows, dtype=np.float64)
        names = ["equity", "cash", "cost", "traded", "scale", "fill_equity", "gross"]
        names += ["dividends", "interest", "short_fees"]
        return {name: table[:, k] for k, name in enumerate(names)} | {"units": table[:, len(names) :]}
