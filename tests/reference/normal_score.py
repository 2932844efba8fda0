"""The default scorer from its definition: every sum is taken anew over the whole history."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np

NORMAL = NormalDist()
COLUMNS = ("s", "v", "n_eff", "share", "psr_abs", "mean", "sd", "scale", "vol_ann")


@dataclass(frozen=True)
class Round:
    """Matured rows of one round; agents without a row are absent."""

    agent: Sequence[int]
    net: Sequence[float]
    acted: Sequence[int]
    elapsed: float = 1.0
    overlap: float = 1.0


@dataclass(frozen=True)
class Units:
    decay: float
    target: float
    root: float

    def weights(self, moments: Sequence[float], now: float) -> np.ndarray:
        return self.decay ** (now - np.array(moments, dtype=float))

    def moments(self, pairs: Sequence[tuple[float, float]], now: float) -> tuple[float, float, float]:
        """Weighted mean, weighted variance, effective number of rows."""
        w, values = self.weights([m for m, _ in pairs], now), np.array([v for _, v in pairs])
        mean = w @ values / w.sum()
        return mean, w @ (values - mean) ** 2 / w.sum(), w.sum() ** 2 / (w @ w)


@dataclass
class History:
    """What one agent did; a moment is the number of days since the start."""

    net: list[float] = field(default_factory=list)
    scaled: list[tuple[float, float]] = field(default_factory=list)  # (moment, x) of every row
    scores: list[tuple[float, float]] = field(default_factory=list)  # (moment, z) of scored rows
    lived: list[float] = field(default_factory=list)  # moments of scored rounds with a row

    def vol(self, units: Units) -> float:
        last = self.net[-63:]
        return math.sqrt(np.mean(np.square(last))) if len(last) >= 5 else 0.20 / units.root

    def scale(self, units: Units) -> float:
        return min(10.0, units.target / max(self.vol(units), 0.02 / units.root))

    def share(self, now: float, units: Units) -> float:
        acted = units.weights([m for m, _ in self.scores], now).sum()
        return acted / units.weights(self.lived, now).sum()


def cross_section(x: np.ndarray) -> np.ndarray:
    n = len(x)
    if n >= 8:
        ranks = [1 + np.sum(x < v) + (np.sum(x == v) - 1) / 2 for v in x]
        return np.array([NORMAL.inv_cdf((rank - 0.5) / n) for rank in ranks])
    return np.clip((x - x.mean()) / x.std(), -3, 3) if np.ptp(x) > 0 else np.zeros(n)


def fold(histories: dict[int, History], rows: Round, now: float, units: Units) -> list[float]:
    x = [r * histories[i].scale(units) for i, r in zip(rows.agent, rows.net, strict=True)]
    acting = np.flatnonzero(rows.acted).tolist()
    scored = len(acting) >= 3
    for at, z in zip(acting, cross_section(np.array(x)[acting]) if scored else (), strict=False):
        history, before = histories[rows.agent[at]], now - rows.elapsed
        young = units.weights(history.lived, before).sum() < 5
        loss = x[at] * math.sqrt(1.0 if young else history.share(before, units))
        crash = loss < -6 * units.target
        history.scores.append((now, max(loss / units.target, -50.0) if crash else float(z)))
    for at, i in enumerate(rows.agent):
        histories[i].net.append(rows.net[at])
        histories[i].scaled.append((now, x[at]))
        histories[i].lived += [now] * scored
    return x


def replay(
    rounds: Sequence[Round], *, half_life: float, target: float, periods: float = 252.0
) -> tuple[list[list[float]], dict[str, np.ndarray]]:
    """Scaled returns of each round, and the scores of ids 0, 1, ... after the last."""
    units = Units(0.5 ** (1 / half_life), target, math.sqrt(periods))
    histories: dict[int, History] = defaultdict(History)
    moments = np.cumsum([rows.elapsed for rows in rounds]).tolist()
    scaled = [fold(histories, rows, now, units) for rows, now in zip(rounds, moments, strict=True)]
    agents = [histories[i] for i in range(max(histories) + 1)]
    out = {name: np.full(len(agents), np.nan) for name in COLUMNS}
    out["ready"] = np.array([len(h.net) >= 63 and len(h.scores) >= 21 for h in agents], dtype=np.uint8)
    for i, history in enumerate(agents):
        out["scale"][i], out["vol_ann"][i] = history.scale(units), history.vol(units) * units.root
        if history.scaled:
            mean, variance, n = units.moments(history.scaled, moments[-1])
            out["psr_abs"][i] = NORMAL.cdf(mean * math.sqrt(n / variance)) if variance > 0 else np.nan
        if history.scores:
            mean, variance, n = units.moments(history.scores, moments[-1])
            share = out["share"][i] = history.share(moments[-1], units)
            out["n_eff"][i] = n / rounds[-1].overlap
            out["v"][i] = share * rounds[-1].overlap / n
            out["s"][i] = math.sqrt(share) * mean / math.sqrt(max(variance, 1e-12))
    ready = out["ready"] == 1
    if ready.any():
        s, v = out["s"][ready], out["v"][ready]
        prior = max(1e-6, (s.var(ddof=1) if len(s) > 1 else 0.0) - v.mean())
        keep = prior / (prior + v)
        out["mean"][ready], out["sd"][ready] = s.mean() + keep * (s - s.mean()), np.sqrt(keep * v)
    return scaled, out
