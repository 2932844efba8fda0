"""Accounts with margin, interest, actions and limits as slowly and obviously as they can be written."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from reference.bar_engine import bisect

NOISE = 1e-12


@dataclass
class Broker:
    """`run` gives one row a bar. `margin` is None or (max_gross, maintenance, halts)."""

    fill: str
    sizing: str
    buy: float
    sell: float
    slippage: np.ndarray
    fixed: float
    minimum: float
    cash: float
    margin: tuple[float, float, bool] | None
    lend: float
    borrow: float
    short_fee: np.ndarray
    band: np.ndarray
    min_order: float
    participation: float
    max_turnover: float
    units: list[float] = field(default_factory=list)
    last: list[float] = field(default_factory=list)
    gone: set[int] = field(default_factory=set)

    def order_cost(self, i: int, x: float) -> float:
        """Slippage, then the fee on the slipped value."""
        if x == 0:
            return 0.0
        s, fee = float(self.slippage[i]), self.buy if x > 0 else self.sell
        slipped = abs(x) * (1 + s if x > 0 else 1 - s)
        return max(self.minimum, self.fixed + abs(x) * s + slipped * fee)

    def values(self) -> list[float]:
        """Of each position at the last mark."""
        return [u * p for u, p in zip(self.units, self.last, strict=True)]

    def equity(self) -> float:
        """Cash and positions."""
        return self.cash + math.fsum(self.values())

    def mark(self, price: np.ndarray) -> None:
        """Take new prices where there are any."""
        self.last = [old if math.isnan(p) else float(p) for old, p in zip(self.last, price, strict=True)]

    def rebalance(
        self, w: np.ndarray, price: np.ndarray, day: dict, forced: bool
    ) -> tuple[float, float, float]:
        """Trade to weights `w`; returns cost, traded value, scale."""
        value, equity = self.values(), self.equity()
        if equity <= 0:
            return 0.0, 0.0, 0.0
        free, cap = [], {}
        for i in range(len(w)):
            if math.isnan(w[i]) or i in self.gone or math.isnan(price[i]) or (w[i] == 0 and value[i] == 0):
                continue
            x = w[i] * equity - value[i]
            side = day["can_buy"] if x > 0 else day["can_sell"]
            small = abs(x) <= self.band[i] * equity or (abs(x) < self.min_order and w[i] != 0)
            if (abs(x) <= NOISE * equity and w[i] != 0) or not side[i] or (small and not forced):
                continue
            free.append(i)
            known = 0.0 if math.isnan(day["volume"][i]) else float(day["volume"][i])
            cap[i] = self.participation * known * price[i] if math.isfinite(self.participation) else math.inf

        if not free:
            return 0.0, 0.0, 1.0

        def orders(b: float) -> dict[int, float]:
            return {i: min(max(w[i] * b - value[i], -cap[i]), cap[i]) for i in free}

        def cost(x: dict[int, float]) -> float:
            return math.fsum(self.order_cost(i, one) for i, one in x.items())

        def over(b: float) -> float:
            x = orders(b)
            after = [v + x.get(i, 0.0) for i, v in enumerate(value)]
            if self.margin is None:
                return math.fsum(after) + cost(x) - equity
            return math.fsum(abs(v) for v in after) - self.margin[0] * (equity - cost(x))

        asked = equity
        if self.sizing == "post_cost":
            asked = bisect(lambda b: b + cost(orders(b)) - equity, equity)
            asked = asked if asked > NOISE * equity else 0.0
        budget = asked
        if over(asked) > NOISE * equity:
            root = 0.0 if over(0.0) > NOISE * equity else bisect(over, asked)
            budget = root if root > NOISE * equity else 0.0
        broke = over(budget) > NOISE * equity
        if self.margin is None and (broke or (budget <= NOISE * equity and any(w[i] != 0 for i in free))):
            return 0.0, 0.0, 0.0
        x, scale = orders(budget), budget / asked if asked > 0 else 0.0
        turnover = math.fsum(abs(one) for one in x.values()) / equity
        if turnover > self.max_turnover and not forced:
            scale *= self.max_turnover / turnover
            x = {i: one * self.max_turnover / turnover for i, one in x.items()}
        paid, left = cost(x), self.cash - math.fsum(x.values()) - cost(x)
        if not forced and ((self.margin is None and left < -2 * NOISE * equity) or equity - paid <= 0):
            return 0.0, 0.0, 0.0
        self.cash = left
        for i, one in x.items():
            on_target = one == w[i] * budget - value[i]
            self.units[i] = w[i] * budget / price[i] if on_target else self.units[i] + one / price[i]
        return paid, math.fsum(abs(one) for one in x.values()), scale

    def run(
        self, close: np.ndarray, price: np.ndarray, weights: np.ndarray, days: dict[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Row t of `weights` is decided after close t."""
        bars, n = close.shape
        self.units, self.last = [0.0] * n, [0.0] * n
        early, rows, state = self.fill in ("next_open", "next_typical"), [], "open"
        nothing = np.full(n, np.nan)
        cash, shorts, fees = self.cash, 0.0, 0.0
        for t in range(bars):
            day = {name: column[t] for name, column in days.items()}
            if state == "ruined":
                rows.append((self.cash, self.cash, 0, 0, math.nan, self.cash, 0, 0, 0, 0, *self.units))
                continue
            interest = (self.lend * max(cash - shorts, 0) - self.borrow * max(-cash, 0)) * day["years"]
            fee = fees * day["years"]
            dividends = 0.0
            for i in range(n):
                split = 1.0 if math.isnan(day["split"][i]) else float(day["split"][i])
                self.units[i] *= split
                self.last[i] /= split
                dividends += self.units[i] * (
                    0.0 if math.isnan(day["dividend"][i]) else float(day["dividend"][i])
                )
                if not math.isnan(day["delisted"][i]):
                    self.cash += self.units[i] * float(day["delisted"][i])
                    self.units[i] = 0.0
                    self.gone.add(i)
            self.cash += dividends + interest - fee
            self.mark(price[t] if early else close[t])
            at_fill, done = self.equity(), (0.0, 0.0, math.nan)
            due = weights[t] if self.fill == "close" else weights[t - 1] if t else nothing
            if state == "called":
                done = self.rebalance(np.zeros(n), price[t], day, forced=True)
                state = "halted" if self.margin is not None and self.margin[2] else "open"
            elif state == "open" and not np.isnan(due).all():
                done = self.rebalance(due, price[t], day, forced=False)
            self.mark(close[t])
            value, equity = self.values(), self.equity()
            gross = math.fsum(abs(v) for v in value)
            if equity <= 0:
                state, self.cash, self.units = "ruined", equity, [0.0] * n
            elif self.margin is not None and state == "open" and equity < self.margin[1] * gross:
                state = "called"
            cash, shorts = self.cash, math.fsum(-v for v in value if v < 0)
            fees = math.fsum(-v * f for v, f in zip(value, self.short_fee, strict=True) if v < 0)
            size = gross / equity if equity > 0 else 0.0
            rows.append((equity, self.cash, *done, at_fill, size, dividends, interest, fee, *self.units))
        table = np.array(rows, dtype=np.float64)
        names = ["equity", "cash", "cost", "traded", "scale", "fill_equity", "gross"]
        names += ["dividends", "interest", "short_fees"]
        return {name: table[:, k] for k, name in enumerate(names)} | {"units": table[:, len(names) :]}
