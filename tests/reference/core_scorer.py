"""The default scorer for many pools at once: the recursion that ``normal_score.py`` spells out as sums."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from reference.lab import D, N


class CoreScorer:
    """Decayed normal scores with shrinkage; arrays are (S, N)."""

    def __init__(self, seeds: int, *, half_life: float = 126.0, guard: bool = True) -> None:
        shape = (seeds, N)
        self.keep, self.guard = 0.5 ** (1 / half_life), guard
        self.s, self.q, self.w, self.w2, self.c = (np.zeros(shape) for _ in range(5))
        self.acted = np.zeros(shape)
        self.net: list[np.ndarray] = []

    def scale(self) -> np.ndarray:
        if len(self.net) < 5:
            return np.full(self.s.shape, 0.5)
        vol = np.sqrt(np.mean(np.square(self.net[-63:]), axis=0))
        return np.minimum(10.0, 0.10 / D / np.maximum(vol, 0.02 / D))

    def fold(self, net: np.ndarray, acted: np.ndarray) -> np.ndarray:
        x, target = net * self.scale(), 0.10 / D
        n = acted.sum(axis=1, keepdims=True)
        ranks = np.argsort(
            np.argsort(np.where(acted, x, np.inf), axis=1, kind="stable"), axis=1, kind="stable"
        )
        z = np.where(acted, ndtri(np.clip((ranks + 0.5) / n, 0.0, 1 - 1e-9)), 0.0)
        share = np.where(self.c < 5, 1.0, self.w / np.maximum(self.c, 1e-300))
        loss = x * np.sqrt(share)
        if self.guard:
            z = np.where(acted & (loss < -6 * target), np.maximum(loss / target, -50.0), z)
        self.s, self.q = self.keep * self.s + z, self.keep * self.q + z * z
        self.w, self.w2 = self.keep * self.w + acted, self.keep**2 * self.w2 + acted
        self.c = self.keep * self.c + 1
        self.acted += acted
        self.net.append(net)
        return x

    def posterior(self) -> tuple[np.ndarray, np.ndarray]:
        ready = (self.acted >= 21) & (len(self.net) >= 63)
        w = np.where(ready, self.w, 1.0)
        share, mean = w / self.c, self.s / w
        s = np.sqrt(share) * mean / np.sqrt(np.maximum(self.q / w - mean**2, 1e-12))
        s, v = np.where(ready, s, np.nan), np.where(ready, share * self.w2 / w**2, np.nan)
        centre = np.nanmean(s, axis=1, keepdims=True)
        spread = np.nanvar(s, axis=1, ddof=1, keepdims=True) - np.nanmean(v, axis=1, keepdims=True)
        prior = np.maximum(1e-6, spread)
        keep = prior / (prior + v)
        return centre + keep * (s - centre), np.sqrt(keep * v)
