"""The protocol that measures how well capital follows skill, in NumPy: all pools together, day by day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from reference.lab_pools import FLIP, D, Pool, T, draw_pool, scaled

__all__ = ["FIRST", "D", "N", "Outcome", "Pool", "Rule", "Scorer", "T", "draw_pool", "run", "run_protocol"]

N = 40
FIRST = 63
FLIPPED = slice(36, 40)


def tau_b(x: np.ndarray, y: np.ndarray) -> float:
    """Kendall's tau-b from all pairs; NaN in `x` is left out."""
    known = ~np.isnan(x)
    dx, dy = (np.sign(np.subtract.outer(v[known], v[known])) for v in (x, y))
    scale = np.sqrt((dx**2).sum() * (dy**2).sum())
    return float((dx * dy).sum() / scale) if scale > 0 else float("nan")


@dataclass(frozen=True)
class Row:
    """One matured row of all pools; every array is (S, N), zero where the agent of that row is gone.

    `everyone` holds scaled returns and activity of that day with those who are gone: ranks are among all who acted.
    """

    at: int
    net: np.ndarray
    x: np.ndarray
    acted: np.ndarray
    here: np.ndarray
    everyone: tuple[np.ndarray, np.ndarray]


class Rule(Protocol):
    """Shares capital in all pools together: arrays are (S, N)."""

    def reset(self, born: np.ndarray) -> None: ...
    def fold(self, row: Row) -> None: ...
    def decide(self, t: int, age: np.ndarray, ready: np.ndarray) -> tuple[np.ndarray, np.ndarray]: ...


class Scorer(Protocol):
    """Scores all pools together: arrays are (S, N)."""

    def fold(self, net: np.ndarray, acted: np.ndarray) -> np.ndarray: ...
    def posterior(self) -> tuple[np.ndarray, np.ndarray]: ...


@dataclass(frozen=True)
class Outcome:
    """By pool, and their averages; `daily` (S, T) are the net returns of the book."""

    daily: np.ndarray
    weights: np.ndarray
    sharpes: np.ndarray
    precision: float
    tau: float
    turnover: float
    detection: float

    @property
    def sharpe(self) -> float:
        return float(self.sharpes.mean())

    @property
    def p10(self) -> float:
        return float(np.quantile(self.sharpes, 0.1))


def run(
    pool: Pool, rule: Rule, *, delay: int = 1, cost: float = 5e-4, x: np.ndarray | None = None
) -> Outcome:
    """Equal weights before day 63, then what the rule says knowing the rows up to `delay` days ago."""
    x = scaled(pool.returns, pool.born) if x is None else x
    seeds, days, n = x.shape
    weights = np.full((seeds, days, n), 1 / n)
    scores = np.full((seeds, days, n), np.nan)
    birth, age, acted = (np.zeros((seeds, n), dtype=int) for _ in range(3))
    for t in range(days):
        born = pool.born[:, t]
        birth, age, acted = np.where(born, t, birth), np.where(born, 0, age), np.where(born, 0, acted)
        rule.reset(born)
        if t >= delay:
            at = t - delay
            here = birth <= at
            mine = (np.where(here, v[:, at], 0) for v in (pool.returns, x, pool.acted))
            row = Row(at, *mine, here, (x[:, at], pool.acted[:, at]))
            age, acted = age + here, acted + row.acted
            rule.fold(row)
        if t >= FIRST:
            weights[:, t], scores[:, t] = rule.decide(t, age, (age >= 63) & (acted >= 21))
    return measure(pool, x, weights, scores, cost)


def measure(pool: Pool, x: np.ndarray, weights: np.ndarray, scores: np.ndarray, cost: float) -> Outcome:
    """What the lab reports of weights (S, T, N)."""
    moves = np.abs(np.diff(weights, axis=1, prepend=0.0)).sum(axis=2)
    daily = (weights * x).sum(axis=2) - cost * moves
    book = daily[:, FIRST:]
    looks = range(FIRST, x.shape[1], 21)
    held = weights > 1.5 / x.shape[2]
    right = (held & (pool.truth > 0)).sum(axis=2) / np.maximum(held.sum(axis=2), 1)
    seen = np.where(held.any(axis=2), right, np.nan)[:, looks]
    tau = np.array([[_tau(s[t], y[t]) for t in looks] for s, y in zip(scores, pool.truth, strict=True)])
    return Outcome(
        daily=daily,
        weights=weights,
        sharpes=book.mean(axis=1) / book.std(axis=1) * D,
        precision=_mean(seen),
        tau=_mean(tau),
        turnover=float(moves[:, FIRST + 1 :].mean() * 252),
        detection=_detection(held) if pool.name == "P1" and x.shape[1] > FLIP else float("nan"),
    )


def _tau(score: np.ndarray, truth: np.ndarray) -> float:
    return float("nan") if np.isnan(score).all() or np.ptp(truth) == 0 else tau_b(score, truth)


def _mean(by_day: np.ndarray) -> float:
    """Over the days of each pool that are defined, then over the pools that have one."""
    count = (~np.isnan(by_day)).sum(axis=1)
    means = np.nansum(by_day, axis=1)[count > 0] / count[count > 0]
    return float(means.mean()) if len(means) else float("nan")


def _detection(held: np.ndarray) -> float:
    """Median day after the flip from which a flipped agent stays unheld; still held at the end: left out."""
    after = held[:, FLIP:, FLIPPED]
    left = ~after[:, -1]
    last = np.where(after.any(axis=1), after.shape[1] - np.argmax(after[:, ::-1], axis=1), 0)
    return float(np.median(last[left])) if left.any() else float("nan")


def top(key: np.ndarray, k: int) -> np.ndarray:
    """(S, N) marks of the `k` largest keys that are not NaN, ties by lower id."""
    best = np.argsort(-np.where(np.isnan(key), -np.inf, key), axis=1, kind="stable")[:, :k]
    held = np.zeros(key.shape, dtype=bool)
    np.put_along_axis(held, best, True, axis=1)
    return held & ~np.isnan(key)


class _Ranked:
    """The best of a scorer that keeps its own account of who is ready."""

    def __init__(self, scorer: Scorer, k: int, hysteresis: float) -> None:
        self.scorer, self.k, self.hysteresis = scorer, k, hysteresis
        self.held: np.ndarray | bool = False

    def reset(self, born: np.ndarray) -> None:
        assert not born.any()

    def fold(self, row: Row) -> None:
        np.testing.assert_allclose(self.scorer.fold(row.net, row.acted), row.x, atol=1e-14)

    def decide(self, t: int, age: np.ndarray, ready: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean, sd = self.scorer.posterior()
        self.held = top(mean + self.hysteresis * sd * self.held, self.k)
        return self.held / self.k, mean


def run_protocol(
    pool: Pool, scorer: Scorer, *, k: int = 5, hysteresis: float = 0.5, cost: float = 5e-4
) -> Outcome:
    """Equal weight of the `k` best keys from day 63 on, decided on the rows of earlier days."""
    return run(pool, _Ranked(scorer, k, hysteresis), cost=cost)
