"""The rules of the portfolio environment, one at a time: draws, action maps, a bar, a trade, statistics."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from quantrl import _core
from quantrl.rng import CHANNELS

GUARD = 1e-7
"""Epsilon of the code released with arXiv 2412.18563: in the drift and in the log."""


class Draws:
    """Words of one address: key (seed, env), counter (block, 0, channel, episode), from block 0 on."""

    def __init__(self, seed: int, env_id: int, channel: str, episode: int) -> None:
        self.address = (seed, env_id, CHANNELS[channel], episode)
        self.words: list[int] = []
        self.block = 0

    def word(self) -> int:
        """Next 64-bit word."""
        if not self.words:
            seed, env_id, channel, episode = self.address
            self.words = list(_core.philox_block(seed, env_id, (self.block, 0, channel, episode)))
            self.block += 1
        return self.words.pop(0)

    def below(self, bound: int) -> int:
        """Integer in [0, bound)."""
        return (self.word() * bound) >> 64

    def uniform_open(self) -> float:
        """Uniform in (0, 1)."""
        return ((self.word() >> 11) + 0.5) * 2.0**-53

    def choose(self, ids: list[int], k: int) -> list[int]:
        """First k places of a Fisher-Yates shuffle, in drawn order."""
        pool = list(ids)
        for i in range(k):
            j = i + self.below(len(pool) - i)
            pool[i], pool[j] = pool[j], pool[i]
        return pool[:k]

    def dirichlet(self, n: int) -> np.ndarray:
        """Uniform on the simplex of n weights."""
        parts = np.array([-math.log(self.uniform_open()) for _ in range(n)])
        return parts / parts.sum()


def target_of(action: np.ndarray, action_map: str, temperature: float, log_base: np.ndarray) -> np.ndarray:
    """Weights that an action asks for, cash first; NaN throughout where it asks to hold."""
    a = np.asarray(action, dtype=np.float64)
    if action_map == "identity":
        return a / a.sum()
    if action_map == "softmax01":
        score = np.exp(np.clip(a, 0.0, 1.0))
    else:
        score = np.exp(log_base + temperature * np.clip(a, -1.0, 1.0))
    return score / score.sum()


def log_inverse_vol(cc: np.ndarray, t: int, ids: list[int]) -> np.ndarray:
    """-ln of the standard deviation of up to 63 returns up to row t, at least 1e-4; cash gets the mean."""
    returns = cc[max(t - 62, 0) : t + 1, ids] - 1.0
    risky = -np.log(np.maximum(returns.std(axis=0), 1e-4))
    return np.concatenate([[risky.mean()], risky])


def grow(weights: np.ndarray, relatives: np.ndarray, growth: str) -> tuple[np.ndarray, float]:
    """Drifted weights and the factor of wealth, from relatives of the risky names (spec 3.5)."""
    y = np.concatenate([[1.0], relatives])
    g = float((weights * y).sum())
    if growth == "arithmetic":
        return weights * y / g, g
    return weights * y / (g + GUARD), math.exp(float((weights * np.log(y)).sum()))


@dataclass
class Trade:
    """A rebalance in units of the wealth before it."""

    weights: np.ndarray
    left: float
    turnover: float


def trade(
    drifted: np.ndarray,
    target: np.ndarray,
    buy: np.ndarray,
    sell: np.ndarray,
    sizing: str,
    blocked: np.ndarray,
) -> Trade:
    """Move from drifted to target weights, cash first; `blocked` risky names keep what they are (spec 3.4, 3.5)."""
    held, wanted = drifted[1:], target[1:]
    if blocked.any():
        return trade_around(drifted, target, buy, sell, sizing, blocked)
    if sizing == "first_order":
        left = 1.0 - cost_of(wanted - held, buy, sell)
    else:
        left = 1.0
        for _ in range(40):
            last, left = left, 1.0 - cost_of(left * wanted - held, buy, sell)
            if abs(left - last) < 1e-15:
                break
    return Trade(target.copy(), left, float(np.abs(left * wanted - held).sum()))


def cost_of(orders: np.ndarray, buy: np.ndarray, sell: np.ndarray) -> float:
    """What orders cost, by sign."""
    return float(np.where(orders >= 0, buy * orders, -sell * orders).sum())


def trade_around(
    drifted: np.ndarray,
    target: np.ndarray,
    buy: np.ndarray,
    sell: np.ndarray,
    sizing: str,
    blocked: np.ndarray,
) -> Trade:
    """The bar engine's rule: the free names get the largest budget that was asked for and that cash can pay."""
    held = drifted[1:]
    free = ~blocked & (np.abs(target[1:] - held) > 1e-12)
    weight, value = np.where(free, target[1:], 0.0), np.where(free, held, 0.0)
    kept = float(held.sum() - value.sum())

    def cost(b: float) -> float:
        return cost_of(weight * (1.0 if sizing == "first_order" else b) - value, buy, sell)

    def overdraft(b: float) -> float:
        return kept + float(weight.sum()) * b + cost(b) - 1.0

    budget = 1.0 - cost(1.0) if sizing == "first_order" else root(lambda b: b + cost(b) - 1.0)
    if overdraft(budget) > 1e-12:
        budget = max(root(overdraft), 0.0)
    if (budget <= 1e-12 and weight.sum() > 0.0) or overdraft(budget) > 1e-12:
        return Trade(drifted.copy(), 1.0, 0.0)
    left = 1.0 - cost(budget)
    risky = np.where(free, weight * budget, held)
    turnover = float(np.abs(risky - held).sum())
    return Trade(np.concatenate([[left - risky.sum()], risky]) / left, left, turnover)


def root(f) -> float:
    """Root of an increasing function in [-1, 1], by bisection to the last bit."""
    low, high = -1.0, 1.0
    if f(high) <= 0.0:
        return high
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if f(middle) <= 0.0 else (low, middle)
    return low


@dataclass
class Statistics:
    """What rewards and observations say of the bars since the last restart; all of them are kept."""

    reward: str
    periods_per_year: float
    warm_up: int
    returns: list[float] = field(default_factory=list)
    a: float = 0.0
    b: float = 1e-4
    potential: float = 0.0

    def __post_init__(self) -> None:
        if self.reward == "avg_sharpe":
            self.returns = [0.0]

    @property
    def mean(self) -> float:
        """Mean return of a bar."""
        return float(np.mean(self.returns)) if self.returns else 0.0

    @property
    def std(self) -> float:
        """Population standard deviation of the returns of bars."""
        return float(np.std(self.returns)) if len(self.returns) > 1 else 0.0

    @property
    def sharpe(self) -> float:
        """S of spec 3.6."""
        if len(self.returns) < self.warm_up:
            return 0.0
        return math.sqrt(self.periods_per_year) * self.mean / max(self.std, 1e-4)

    def differential(self, r: float) -> float:
        """Moody and Saffell (2001), differential Sharpe ratio of one bar, clipped; then the averages move."""
        da, db = r - self.a, r * r - self.b
        d = (self.b * da - 0.5 * self.a * db) / (self.b - self.a**2) ** 1.5
        self.a, self.b = self.a + 0.01 * da, self.b + 0.01 * db
        return min(max(d, -10.0), 10.0)

    def scaled(self) -> tuple[float, float]:
        """The two numbers that an observation carries."""
        if self.reward == "differential_sharpe":
            return self.a / math.sqrt(self.b), 100.0 * math.sqrt(self.b)
        return 100.0 * self.mean, 100.0 * self.std
