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

    def mark(self, price: np.ndarray) -> None:
        """Take new prices where there are any."""
        self.last = [old if math.isnan(p) else float(p) for old, p in zip(self.last, price, strict=True)]

    def equity(self) -> float:
        """Cash and positions at the last mark."""
        return self.cash + math.fsum(u * p for u, p in zip(self.units, self.last, strict=True))

    def run(self, close: np.ndarray, price: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Row t of `weights` is decided after close t."""
        bars, n = close.shape
        self.units, self.last = [0.0] * n, [0.0] * n
        before_close = self.fill in ("next_open", "next_typical")
        rows = []
        for t in range(bars):
            self.mark(price[t] if before_close else close[t])
            at_fill = self.equity()
            due = weights[t] if self.fill == "close" else weights[t - 1] if t else np.full(n, np.nan)
            done = (0.0, 0.0, math.nan)
            if not np.isnan(due).all():
                done = self.rebalance(price[t], due)
            self.mark(close[t])
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
