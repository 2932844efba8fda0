"""What the default engine knows of each agent in the lab, and whom its gates let through, in NumPy."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from reference.lab import D, Row

TARGET = 0.10 / D


class Evidence:
    """Decayed sums (S, N) and what they say."""

    def __init__(self, shape: tuple[int, int], half_life: float) -> None:
        self.keep = 0.5 ** (1 / half_life)
        self.sums = np.zeros((5, *shape))

    def reset(self, born: np.ndarray) -> None:
        self.sums[:, born] = 0.0

    def fold(self, value: np.ndarray, acted: np.ndarray, here: np.ndarray) -> None:
        keep = np.array([self.keep] * 3 + [self.keep**2, self.keep])[:, None, None]
        self.sums = keep * self.sums + np.array([value, value**2, acted, acted, here], dtype=float)

    def share(self) -> np.ndarray:
        _, _, w, _, c = self.sums
        return np.where(c < 5, 1.0, w / np.maximum(c, 1e-300))

    def posterior(self, ready: np.ndarray, by_share: bool = True) -> tuple[np.ndarray, np.ndarray]:
        total, square, w, w2, c = (np.where(ready, v, 1.0) for v in self.sums)
        a, mean = (w / c if by_share else np.ones_like(w)), total / w
        s = np.sqrt(a) * mean / np.sqrt(np.maximum(square / w - mean**2, 1e-12))
        s, v = np.where(ready, s, np.nan), np.where(ready, a * w2 / w**2, np.nan)
        count = np.maximum(ready.sum(axis=1, keepdims=True), 1)
        centre = np.nansum(s, axis=1, keepdims=True) / count
        spread = np.nansum((s - centre) ** 2, axis=1, keepdims=True) / np.maximum(count - 1, 1)
        spread -= np.nansum(v, axis=1, keepdims=True) / count
        prior = np.maximum(1e-6, spread)
        keep = prior / (prior + v)
        return centre + keep * (s - centre), np.sqrt(keep * v)

    def deviate(self) -> np.ndarray:
        total, square, w, w2, _ = self.sums
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = total / w
            variance = square / w - mean**2
            return np.where(variance > 1e-12 * square / w, mean / np.sqrt(variance) * w / np.sqrt(w2), np.nan)


class Gates:
    """PSR .5 to enter and .3 to stay, CUSUM 15 with a ban of 63 days, copies."""

    def __init__(self, shape: tuple[int, int], copies: bool) -> None:
        self.returns = Evidence(shape, 126.0)
        self.cusum, self.until = np.zeros(shape), np.zeros(shape, dtype=int)
        self.copies, self.count = copies, 0
        self.rows: list[np.ndarray] = []
        self.labels = np.tile(np.arange(shape[1]), (shape[0], 1))
        self.age = np.zeros(shape, dtype=int)

    def reset(self, born: np.ndarray) -> None:
        self.returns.reset(born)
        self.cusum[born], self.until[born], self.age[born] = 0.0, 0, 0
        for s, slot in zip(*np.nonzero(born), strict=True):
            others = np.flatnonzero((self.labels[s] == slot) & (np.arange(born.shape[1]) != slot))
            if self.labels[s, slot] == slot and len(others):
                self.labels[s, others] = others[0]
            self.labels[s, slot] = slot

    def fold(self, row: Row, held: np.ndarray) -> None:
        self.returns.fold(row.x, row.here, row.here)
        self.cusum = np.where(held, np.maximum(0, self.cusum - np.clip(row.x / TARGET, -4, 4)), self.cusum)
        self.age = self.age + row.here
        self.rows = [*self.rows[-125:], row.x]
        self.count += 1
        if self.copies and self.count % 5 == 0:
            self.labels = np.array([self._labels(s) for s in range(len(held))])

    def _labels(self, s: int) -> np.ndarray:
        """Lowest id of each agent's component; a pair is compared over the rows that both lived through."""
        x = np.array([row[s] for row in self.rows])
        mine = (np.arange(len(x))[:, None] >= len(x) - self.age[s]).astype(float)
        x = x * mine
        count, total = mine.T @ mine, x.T @ mine
        spread = count * ((x * x).T @ mine) - total**2
        together = count * (x.T @ x) - total * total.T
        scale = np.sqrt(np.maximum(spread * spread.T, 0.0))
        old = self.age[s] >= 63
        alike = (together >= 0.95 * scale) & (scale > 0) & old & old[:, None]
        labels = np.arange(len(old))
        for i, j in zip(*np.nonzero(np.triu(alike, 1)), strict=True):
            labels[np.isin(labels, [labels[i], labels[j]])] = min(labels[i], labels[j])
        return labels

    def close(self, t: int, held: np.ndarray, key: np.ndarray) -> np.ndarray:
        lost = held & (self.cusum >= 15)
        self.until = np.where(lost, t + 63, self.until)
        evident = self.returns.deviate() >= np.where(held, ndtri(0.3), ndtri(0.5))
        key = np.where(lost | ~evident | (t < self.until), np.nan, key)
        for s, labels in enumerate(self.labels):
            for label in np.unique(labels[labels != np.arange(len(labels))]):
                alike = np.flatnonzero((labels == label) & ~np.isnan(key[s]))
                best = max(alike, key=lambda i: (key[s, i], -i), default=None)
                key[s, [i for i in alike if i != best]] = np.nan
        return key

    def settle(self, before: np.ndarray, held: np.ndarray) -> None:
        self.cusum = np.where(before != held, 0.0, self.cusum)
