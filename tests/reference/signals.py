"""Signals and their accounts as slowly and obviously as they can be written: one bar at a time, no prefix, no tree."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np


@dataclass
class SignalAccount:
    """All the cash in, all the units out; `run` returns equity bar by bar."""

    delay: int
    buy: float
    sell: float
    slippage: float
    fixed: float
    minimum: float
    cash: float
    units: float = 0.0
    trades: int = 0

    def cost(self, value: float, side: int) -> float:
        """Slippage, then the fee on the slipped value."""
        fee = self.buy if side > 0 else self.sell
        slipped = value * (1 + side * self.slippage)
        return max(self.minimum, self.fixed + abs(slipped - value) + slipped * fee)

    def trade(self, entry: bool, price: float) -> None:
        """One signal at its fill price."""
        if math.isnan(price):
            return
        if entry and self.units == 0:
            low, high = 0.0, self.cash
            while low < (middle := (low + high) / 2) < high:
                low, high = (middle, high) if middle + self.cost(middle, 1) <= self.cash else (low, middle)
            if low > 1e-12 * self.cash:
                self.units, self.cash = low / price, 0.0
                self.trades += 1
        elif not entry and self.units > 0:
            value = self.units * price
            left = value - self.cost(value, -1)
            if left >= -1e-12 * value:
                self.units, self.cash = 0.0, max(left, 0.0)

    def run(self, close: np.ndarray, price: np.ndarray, entries: np.ndarray, exits: np.ndarray) -> np.ndarray:
        """Row t of the signals is decided after close t."""
        equity, last = np.empty(len(close)), 0.0
        for t in range(len(close)):
            decided = t - self.delay
            if decided >= 0 and entries[decided] != exits[decided]:
                self.trade(bool(entries[decided]), float(price[t]))
            last = last if math.isnan(close[t]) else float(close[t])
            equity[t] = self.cash + self.units * last
        return equity


def measures(equity: np.ndarray, start: float, periods_per_year: float) -> dict[str, float]:
    """Total return, Sharpe ratio (NaN where returns differ by rounding alone) and deepest drawdown from the start."""
    curve = np.concatenate([[start], equity])
    returns = [b / a - 1 for a, b in itertools.pairwise(curve)]
    deepest = min(curve[t] / max(curve[: t + 1]) - 1 for t in range(len(curve)))
    sd = np.std(returns, ddof=1) if len(set(returns)) > 1 else 0.0
    sharpe = np.mean(returns) / sd * math.sqrt(periods_per_year) if sd > 1e-14 else math.nan
    return {"total": curve[-1] / start - 1, "sharpe": sharpe, "max_drawdown": deepest}


def cross(fast: list[float], slow: list[float], tie: float) -> tuple[np.ndarray, np.ndarray]:
    """Above after below, and below after above; equality is neither and changes nothing."""
    entries, exits = np.zeros(len(fast), bool), np.zeros(len(fast), bool)
    sign = 0
    for t, (a, b) in enumerate(zip(fast, slow, strict=True)):
        if math.isnan(a) or math.isnan(b) or abs(a - b) <= tie * abs(b):
            continue
        now = 1 if a > b else -1
        entries[t], exits[t] = now > 0 > sign, now < 0 < sign
        sign = now
    return entries, exits


def simple_average(prices: np.ndarray, w: int) -> list[float]:
    """Mean of the last w prices."""
    return [math.nan if t + 1 < w else math.fsum(prices[t + 1 - w : t + 1]) / w for t in range(len(prices))]


def exponential_average(prices: np.ndarray, w: int) -> list[float]:
    """Weights (1 - a)^i a on the price i bars ago, the rest on the first price; a = 2 / (w + 1)."""
    a, out = 2 / (w + 1), []
    for t in range(len(prices)):
        recent = math.fsum(a * (1 - a) ** i * prices[t - i] for i in range(t))
        out.append(recent + (1 - a) ** t * prices[0] if t + 1 >= w else math.nan)
    return out


def signals(
    family: str, params: dict, bars: dict[str, np.ndarray], tie: float
) -> tuple[np.ndarray, np.ndarray]:
    """Entries and exits of one member."""
    close, n = bars["close"], len(bars["close"])
    if family in ("sma_cross", "ema_cross"):
        average = simple_average if family == "sma_cross" else exponential_average
        return cross(average(close, params["fast"]), average(close, params["slow"]), tie)
    entries, exits = np.zeros(n, bool), np.zeros(n, bool)
    for t in range(n):
        if family == "donchian":
            entry, leave = params["entry"], params["exit"]
            entries[t] = t >= entry and close[t] > max(bars["high"][t - entry : t])
            exits[t] = t >= leave and close[t] < min(bars["low"][t - leave : t])
        elif t + 1 >= (w := params["window"]):
            window = close[t + 1 - w : t + 1]
            if len(set(window)) > 1:
                apart = close[t] - math.fsum(window) / w
                z = 0.0 if abs(apart) <= tie * close[t] else apart / np.std(window, ddof=1)
                entries[t], exits[t] = z < -params["enter"], z > -params["exit"]
    return entries, exits
