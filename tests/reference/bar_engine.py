"""The bar engine as slowly and obviously as it can be written: one name at a time, bisection for every budget."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Account:
    """A long-only cash account; `run` returns one row a bar."""

    fill: str
    sizing: str
    buy: float
    sell: float
    slippage: np.ndarray
    fixed: float
    minimum: float
    cash: float
    units: list[float] = field(default_factory=list)
    last: list[float] = field(default_factory=list)
    size_at: str = "fill"
    lot: np.ndarray | None = None
    target: list[float] = field(default_factory=list)

    def order_cost(self, i: int, x: float) -> float:
        """Cost of an order of value x: slippage first, then the fee on the slipped value."""
        s = float(self.slippage[i])
        if x >= 0:
            paid = x * s + x * (1 + s) * self.buy
        else:
            paid = -x * s + -x * (1 - s) * self.sell
        return max(self.minimum, self.fixed + paid)

    def total_cost(self, orders: dict[int, float]) -> float:
        """C(b) for the orders of one budget."""
        return math.fsum(self.order_cost(i, x) for i, x in orders.items())

    def rebalance(self, price: np.ndarray, weights: np.ndarray) -> tuple[float, float, float]:
        """Trade to `weights`; returns cost, traded value and scale."""
        value = [u * p for u, p in zip(self.units, self.last, strict=True)]
        equity = self.cash + math.fsum(value)
        free = [
            i
            for i, w in enumerate(weights)
            if not math.isnan(w)
            and not math.isnan(price[i])
            and (abs(w * equity - value[i]) > 1e-12 * equity or (w == 0 and value[i] != 0))
        ]

        def orders(b: float) -> dict[int, float]:
            return {i: weights[i] * b - value[i] for i in free}

        def cost(b: float) -> float:
            return self.total_cost(orders(equity if self.sizing == "first_order" else b))

        def cash_after(b: float) -> float:
            return self.cash - math.fsum(orders(b).values()) - cost(b)

        if self.sizing == "pre_cost":
            asked = equity
        elif self.sizing == "first_order":
            asked = equity - cost(equity)
        else:
            asked = bisect(lambda b: b + cost(b) - equity, equity)
        budget = max(asked, 0.0)
        if cash_after(budget) < -1e-12 * equity:
            budget = max(bisect(lambda b: -cash_after(b), budget), 0.0)
        nothing_left = budget <= 1e-12 * equity and any(weights[i] > 0 for i in free)
        if nothing_left or cash_after(budget) < -1e-12 * equity:
            return 0.0, 0.0, 0.0
        final, paid = orders(budget), cost(budget)
        self.cash -= math.fsum(final.values()) + paid
        for i in free:
            self.units[i] = weights[i] * budget / price[i]
        return paid, math.fsum(abs(x) for x in final.values()), budget / asked if asked > 0 else 0.0

    def size(self, weights: np.ndarray) -> None:
        """Fix the units to hold, in whole lots: NaN for a hold and for a name without any price so far."""
        equity, self.target = self.equity(), []
        for w, p, lot in zip(weights, self.last, self.lot, strict=True):
            if w == 0 or math.isnan(w) or p == 0:
                self.target.append(0.0 if w == 0 else math.nan)
            else:
                units = w * equity / p
                self.target.append(units if lot == 0 else math.floor(units / lot + 1e-9) * lot)

    def trade_sized(self, price: np.ndarray) -> tuple[float, float, float]:
        """Trade to the units fixed before: sales first, then as much of every buy as cash pays for."""
        equity = self.equity()
        wanted = {i: t - u for i, (t, u) in enumerate(zip(self.target, self.units, strict=True))}
        asked = {}
        for i, q in wanted.items():
            if not math.isnan(q) and not math.isnan(price[i]):
                off = abs(q) > self.lot[i] / 2 if self.lot[i] else abs(q * price[i]) > 1e-12 * equity
                if off or (self.target[i] == 0 and self.units[i] != 0):
                    asked[i] = round(q / self.lot[i]) * self.lot[i] if self.lot[i] else q
        gains = {i: -q * price[i] - self.order_cost(i, q * price[i]) for i, q in asked.items() if q < 0}
        if self.cash + math.fsum(gains.values()) < -1e-12 * equity:
            gains = {i: gain for i, gain in gains.items() if gain >= 0}
        left, noise = self.cash + math.fsum(gains.values()), 1e-12 * equity

        def buys(scale: float) -> dict[int, float]:
            parts = {i: q * scale for i, q in asked.items() if q > 0}
            whole = {
                i: math.floor(q / self.lot[i]) * self.lot[i] if self.lot[i] else q for i, q in parts.items()
            }
            return {i: q for i, q in whole.items() if q > 0}

        def over(k: float) -> float:
            value = {i: q * price[i] for i, q in buys(k / 2**32).items()}
            return math.fsum(value.values()) + self.total_cost(value) - left

        scale = 1.0
        if over(2.0**32) > noise:
            exact = not self.lot.any()
            root = max(bisect(lambda k: over(k) if exact else over(math.floor(k)) - noise, 2.0**32), 0.0)
            root = root if exact else math.floor(root)
            scale = root / 2**32 if root > 1e-6 and over(root) <= noise else 0.0  # no buy is a denormal
        final = {i: asked[i] for i in gains} | (buys(scale) if scale > 0 else {})
        value = {i: q * price[i] for i, q in final.items()}
        paid = self.total_cost(value)
        self.cash -= math.fsum(value.values()) + paid
        for i, q in final.items():
            self.units[i] = self.target[i] if q == wanted[i] else self.units[i] + q
        return paid, math.fsum(abs(x) for x in value.values()), scale

    def mark(self, price: np.ndarray) -> None:
        """Take new prices where there are any."""
        self.last = [old if math.isnan(p) else float(p) for old, p in zip(self.last, price, strict=True)]

    def equity(self) -> float:
        """Cash and positions at the last mark."""
        return self.cash + math.fsum(u * p for u, p in zip(self.units, self.last, strict=True))

    def run(self, close: np.ndarray, price: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Row t of `weights` is decided after close t."""
        bars, n = close.shape
        self.units, self.last, self.target = [0.0] * n, [0.0] * n, [math.nan] * n
        before_close = self.fill in ("next_open", "next_typical")
        rows = []
        for t in range(bars):
            self.mark(price[t] if before_close else close[t])
            at_fill = self.equity()
            due = weights[t] if self.fill == "close" else weights[t - 1] if t else np.full(n, np.nan)
            done = (0.0, 0.0, math.nan)
            if not np.isnan(due).all():
                if self.size_at == "decision" and self.fill == "close":
                    self.size(due)
                done = (
                    self.trade_sized(price[t])
                    if self.size_at == "decision"
                    else self.rebalance(price[t], due)
                )
            self.mark(close[t])
            if self.size_at == "decision" and self.fill != "close":
                self.size(weights[t])
            rows.append((self.equity(), self.cash, *done, at_fill, *self.units))
        table = np.array(rows)
        names = ["equity", "cash", "cost", "traded", "scale", "fill_equity"]
        return {name: table[:, k] for k, name in enumerate(names)} | {"units": table[:, len(names) :]}


def bisect(f, high: float) -> float:
    """Root of an increasing function in (-high, high], or -high where it is positive throughout."""
    low = -high
    if f(high) <= 0:
        return high
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if f(middle) <= 0 else (low, middle)
    return low
