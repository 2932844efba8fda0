"""Pools of agents with known skill, and the protocol that measures how well a scorer finds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

T, N = 1008, 40
D = np.sqrt(252)
FLIP = T // 2
FIRST = 63
FLIPPED = slice(36, 40)


@dataclass(frozen=True)
class Pool:
    """Net returns and activity (S, T, N) of S pools; `truth` (T, N) is the annual Sharpe ratio of each day."""

    name: str
    returns: np.ndarray
    acted: np.ndarray
    truth: np.ndarray


def _student(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    g = rng.standard_normal(shape)
    c = rng.chisquare(4, shape)
    return g / np.sqrt(c / 4) * np.sqrt(0.5)


def _skill(name: str) -> np.ndarray:
    sr = np.zeros((T, N))
    if name == "P1":
        sr[:, 30:36], sr[:FLIP, FLIPPED], sr[FLIP:, FLIPPED] = 1.5, 2.5, -1.5
    elif name == "P6":
        sr[:, 24:32] = 1.5
    elif name == "P8":
        sr[:, 26:32] = 1.5
    elif name != "P0":
        raise ValueError(f"pool {name}: choose one of P0, P1, P6, P8")
    return sr


def draw_pool(name: str, *, seeds: int, seed: int) -> Pool:
    """`seeds` pools of one kind: common factor, Student noise with 4 degrees of freedom, own volatilities."""
    rng = np.random.default_rng(seed)
    own = np.random.default_rng([seed, int(name[1:])])
    vol = np.exp(rng.uniform(np.log(0.05), np.log(0.40), (seeds, 1, N))) / D
    f = _student(rng, (seeds, T, 1))
    e = _student(rng, (seeds, T, N))
    z = np.sqrt(0.3) * f + np.sqrt(0.7) * e
    truth = _skill(name)
    acted = np.ones(z.shape, dtype=bool)
    if name == "P6":
        acted[:, :, 28:40] = own.random((seeds, T, 12)) < 0.2
        boost = np.where(np.arange(N) >= 28, 1 / np.sqrt(0.2), 1.0)
        returns = np.where(acted, (z + truth * boost / D) * vol, 0.0)
    else:
        returns = (z + truth / D) * vol
    if name == "P8":
        crash = own.random((seeds, T, 8)) < 1 / 378
        returns[:, :, 32:40] = 0.999 * (0.10 / D) * z[:, :, 32:40] + 2 * 0.10 / 252 - 0.30 * crash
    return Pool(name, returns, acted, truth)


def tau_b(x: np.ndarray, y: np.ndarray) -> float:
    """Kendall's tau-b from all pairs; NaN in `x` is left out."""
    known = ~np.isnan(x)
    dx, dy = (np.sign(np.subtract.outer(v[known], v[known])) for v in (x, y))
    return float((dx * dy).sum() / np.sqrt((dx**2).sum() * (dy**2).sum()))


class Scorer(Protocol):
    """Scores all pools together: arrays are (S, N)."""

    def fold(self, net: np.ndarray, acted: np.ndarray) -> np.ndarray: ...
    def posterior(self) -> tuple[np.ndarray, np.ndarray]: ...


@dataclass(frozen=True)
class Outcome:
    """Averages over pools; `daily` (S, T) are the net returns of the book."""

    daily: np.ndarray
    sharpe: float
    p10: float
    precision: float
    tau: float
    turnover: float
    detection: float


def run_protocol(
    pool: Pool, scorer: Scorer, *, k: int = 5, hysteresis: float = 0.5, cost: float = 5e-4
) -> Outcome:
    """Equal weight of the `k` best keys from day 63 on, decided on the rows of earlier days."""
    seeds = len(pool.returns)
    weights = np.full((seeds, T, N), 1 / N)
    scaled = np.zeros((seeds, T, N))
    held = np.zeros((seeds, N), dtype=bool)
    precision, tau = [], []
    for t in range(1, T + 1):
        scaled[:, t - 1] = scorer.fold(pool.returns[:, t - 1], pool.acted[:, t - 1])
        if t < FIRST or t == T:
            continue
        mean, sd = scorer.posterior()
        key = np.where(np.isnan(mean), -np.inf, mean + hysteresis * sd * held)
        best = np.argsort(-key, axis=1, kind="stable")[:, :k]
        held = np.zeros_like(held)
        np.put_along_axis(held, best, True, axis=1)
        held &= np.isfinite(key)
        weights[:, t] = held / k
        if (t - FIRST) % 21 == 0:
            precision.append((held & (pool.truth[t] > 0)).sum() / held.sum())
            tau += [tau_b(row, pool.truth[t]) for row in mean] if np.ptp(pool.truth[t]) > 0 else []
    moves = np.abs(np.diff(weights, axis=1, prepend=0.0)).sum(axis=2)
    daily = (weights * scaled).sum(axis=2) - cost * moves
    book = daily[:, FIRST:]
    sharpe = book.mean(axis=1) / book.std(axis=1) * D
    return Outcome(
        daily=daily,
        sharpe=float(sharpe.mean()),
        p10=float(np.quantile(sharpe, 0.1)),
        precision=float(np.mean(precision)),
        tau=float(np.mean(tau)) if tau else float("nan"),
        turnover=float(moves[:, FIRST + 1 :].mean() * 252),
        detection=_detection(weights > 1.5 / N),
    )


def _detection(held: np.ndarray) -> float:
    """Median day after the flip from which a flipped agent stays unheld; still held at the end: left out."""
    after = held[:, FLIP:, FLIPPED]
    left = ~after[:, -1]
    last = np.where(after.any(axis=1), after.shape[1] - np.argmax(after[:, ::-1], axis=1), 0)
    return float(np.median(last[left])) if left.any() else float("nan")
