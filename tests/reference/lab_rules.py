"""The rules of the lab in NumPy, many pools at once: from their definitions, over whole windows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import ndtri

from reference.lab import FIRST, Row, Rule, top
from reference.lab_evidence import TARGET, Evidence, Gates


class Held:
    """Weights that never change."""

    def __init__(self, weights: np.ndarray) -> None:
        self.weights = weights

    def reset(self, born: np.ndarray) -> None: ...

    def fold(self, row: Row) -> None: ...

    def decide(self, t: int, age: np.ndarray, ready: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.weights, np.full(self.weights.shape, np.nan)


class Windowed:
    """Keeps every row; a score of them decides, 1/k for the best."""

    def __init__(self, k: int, score: Callable[[Windowed, np.ndarray], np.ndarray], every: int = 1) -> None:
        self.k, self.score, self.every = k, score, every
        self.net: list[np.ndarray] = []
        self.x: list[np.ndarray] = []
        self.held: np.ndarray | None = None

    def reset(self, born: np.ndarray) -> None:
        self.held = None if self.held is None else self.held & ~born

    def fold(self, row: Row) -> None:
        self.net.append(row.net)
        self.x.append(row.x)

    def decide(self, t: int, age: np.ndarray, ready: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        score = self.score(self, age)
        if self.held is None or (t - FIRST) % self.every == 0:
            self.held = top(score, self.k)
        return self.held / self.k, score


def last(rows: list[np.ndarray], length: int, age: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count, mean and variance (S, N) of each agent's own last rows."""
    block = np.array(rows[-length:])
    mine = np.arange(len(block))[:, None, None] >= len(block) - age[None]
    count = np.minimum(age, len(block))
    safe = np.maximum(count, 1)
    mean = np.where(mine, block, 0.0).sum(axis=0) / safe
    return count, mean, np.where(mine, (block - mean) ** 2, 0.0).sum(axis=0) / safe


def leader(rule: Windowed, age: np.ndarray) -> np.ndarray:
    _, mean, variance = last(rule.x, len(rule.x), age)
    known = (age >= FIRST) & (variance > 0)
    return np.where(known, mean / np.sqrt(np.where(known, variance + mean**2, 1.0)), np.nan)


def rolling(length: int) -> Callable[[Windowed, np.ndarray], np.ndarray]:
    def score(rule: Windowed, age: np.ndarray) -> np.ndarray:
        _, mean, variance = last(rule.x, length, age)
        known = (age >= FIRST) & (variance > 0)
        return np.where(known, mean / np.sqrt(np.where(known, variance, 1.0)), np.nan)

    return score


def five_day(rule: Windowed, age: np.ndarray) -> np.ndarray:
    _, mean, variance = last(rule.net, 5, age)
    return np.where(age >= 5, mean / np.maximum(np.sqrt(variance), 0.01), np.nan)


class FiveDayWeights(Windowed):
    def decide(self, t: int, age: np.ndarray, ready: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        score = five_day(self, age)
        gain = np.where(np.isnan(score), 0.0, np.maximum(score, 0.0))
        total = gain.sum(axis=1, keepdims=True)
        return gain / np.where(total > 0, total, 1.0), score


class Hedge:
    def __init__(self, shape: tuple[int, int], share: float = 0.0) -> None:
        self.share, self.w = share, np.full(shape, 1 / shape[1])

    def reset(self, born: np.ndarray) -> None:
        # Newcomers of one day come one after the other.
        for slot in range(born.shape[1]):
            at = born[:, slot]
            if at.any():
                self.w[at, slot] = 0.0
                self.w[at, slot] = self.w[at].max(axis=1) / born.shape[1]
                self.w[at] /= self.w[at].sum(axis=1, keepdims=True)

    def fold(self, row: Row) -> None:
        if row.at < FIRST:
            self.w = np.full(self.w.shape, 1 / self.w.shape[1])
            return
        w = self.w * np.exp(0.25 * np.clip(row.x / TARGET, -4, 4))
        w /= w.sum(axis=1, keepdims=True)
        self.w = (1 - self.share) * w + self.share / w.shape[1]

    def decide(self, t: int, age: np.ndarray, ready: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.w.copy(), self.w.copy()


def hindsight(x: np.ndarray, k: int = 5) -> np.ndarray:
    """The best of the days that count, known beforehand."""
    later = x[:, FIRST:]
    return top(later.mean(axis=1) / later.std(axis=1), k) / k


def normal_scores(x: np.ndarray, acted: np.ndarray) -> np.ndarray:
    """Normal scores of average ranks within a row; 0 for who did not act. At least 8 act."""
    z = np.zeros(x.shape)
    for s, (values, mask) in enumerate(zip(x, acted.astype(bool), strict=True)):
        mine = values[mask]
        below = (mine[:, None] > mine).sum(axis=1)
        equal = (mine[:, None] == mine).sum(axis=1)
        z[s, mask] = ndtri((below + equal / 2) / len(mine))
    return z


class Core:
    """Decayed evidence, shrunken; the default engine with gates and copies."""

    def __init__(
        self,
        shape: tuple[int, int],
        *,
        half_life: float = 126.0,
        guard: bool = True,
        ranks: bool = True,
        gates: bool = False,
        copies: bool = False,
        hysteresis: float = 0.5,
        k: int = 5,
    ) -> None:
        self.evidence = Evidence(shape, half_life)
        self.gates = Gates(shape, copies) if gates else None
        self.guard, self.ranks, self.hysteresis, self.k = guard, ranks, hysteresis, k
        self.held = np.zeros(shape, dtype=bool)

    def reset(self, born: np.ndarray) -> None:
        self.evidence.reset(born)
        self.held = self.held & ~born
        if self.gates:
            self.gates.reset(born)

    def fold(self, row: Row) -> None:
        if self.gates:
            self.gates.fold(row, self.held)
        if self.ranks:
            self.evidence.fold(self.scores(row), row.acted, row.here)
        else:
            self.evidence.fold(row.x, row.here, row.here)

    def scores(self, row: Row) -> np.ndarray:
        z = np.where(row.here, normal_scores(*row.everyone), 0.0)
        loss = row.x * np.sqrt(self.evidence.share())
        crash = self.guard & row.acted.astype(bool) & (loss < -6 * TARGET)
        return np.where(crash, np.maximum(loss / TARGET, -50.0), z)

    def decide(self, t: int, age: np.ndarray, ready: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean, sd = self.evidence.posterior(ready if self.ranks else age >= 63, self.ranks)
        return self.choose(t, mean, sd), mean

    def choose(self, t: int, mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
        before, key = self.held, mean + self.hysteresis * np.where(self.held, sd, 0.0)
        key = self.gates.close(t, before, key) if self.gates else key
        self.held = top(key, self.k)
        if self.gates:
            self.gates.settle(before, self.held)
        return self.held / self.k


class Mix(Core):
    """Half-lives weighted by what the book of each earned."""

    def __init__(self, shape: tuple[int, int]) -> None:
        super().__init__(shape, gates=True)
        self.experts = [Core(shape, half_life=h) for h in (63.0, 126.0, 252.0, np.inf)]
        self.w = np.full((4, shape[0], 1), 0.25)

    def reset(self, born: np.ndarray) -> None:
        super().reset(born)
        for expert in self.experts:
            expert.reset(born)

    def fold(self, row: Row) -> None:
        if row.at >= FIRST:
            book = np.array([(e.held * row.x).sum(axis=1, keepdims=True) / 5 for e in self.experts])
            w = self.w * np.exp(0.3 * np.clip(book / (TARGET / 2), -4, 4))
            self.w = (1 - 1 / 252) * w / w.sum(axis=0) + 1 / 1008
        super().fold(row)
        for expert in self.experts:
            expert.fold(row)

    def decide(self, t: int, age: np.ndarray, ready: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        said = [e.evidence.posterior(ready) for e in self.experts]
        for expert, (mean, sd) in zip(self.experts, said, strict=True):
            expert.choose(t, mean, sd)
        mean, sd = (sum(w * s[i] for w, s in zip(self.w, said, strict=True)) for i in range(2))
        return self.choose(t, mean, sd), mean


def rules(shape: tuple[int, int], x: np.ndarray) -> dict[str, Callable[[], Rule]]:
    """Every row of the table that needs no draw, by the name the lab gives it."""
    equal = np.full(shape, 1 / shape[1])
    return {
        "EqualWeight": lambda: Held(equal),
        "FollowTheLeader 1": lambda: Windowed(1, leader),
        "FollowTheLeader 5": lambda: Windowed(5, leader),
        "ContestTrade top 3": lambda: Windowed(3, five_day),
        "ContestTrade weights": lambda: FiveDayWeights(1, five_day),
        "FinRLQuarterly": lambda: Windowed(1, rolling(63), every=63),
        "RollingSharpe 63": lambda: Windowed(5, rolling(63)),
        "RollingSharpe 252": lambda: Windowed(5, rolling(252)),
        "Hedge": lambda: Hedge(shape),
        "FixedShare": lambda: Hedge(shape, 1 / 126),
        "EwSharpeEB": lambda: Core(shape, ranks=False),
        "core, no guard": lambda: Core(shape, guard=False),
        "core": lambda: Core(shape),
        "default": lambda: Core(shape, gates=True, copies=True),
        "half-life mix": lambda: Mix(shape),
        "BestInHindsight": lambda: Held(hindsight(x)),
    }
