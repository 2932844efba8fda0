"""Judges behind a gate: their opinion counts only once it has predicted what the record did not."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import final

import numpy as np

from quantrl.contest.evaluate.newey_west import newey_west_t
from quantrl.contest.evaluate.rank_ic import realised_means
from quantrl.contest.predict import DELAY, Prediction, checked, checked_judged
from quantrl.contest.predict.ew import Ew
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray, JsonObject

PENALTY = 50.0
MIN_DATES = 120
MIN_T = 2.0


@final
class Gate:
    """u = b1 s + b2 z: s is the `Ew` score, z the cross-sectional z of the judges' mean, 0 where nobody judged.

    With y the mean of the next n scores over the sigma of s, b minimises sum (y - b1 s - b2 z)^2 + 50 ((b1 - 1)^2 +
    b2^2) over the matured. b2 is 0 unless there are 120 matured dates and the Newey-West t (lag n) of the daily mean
    of z (y - s) is at least 2.

    Parameters
    ----------
    half_life : float
        Of the `Ew` score.
    n : int
        Days of a target.
    delay : int
        Days from the newest matured score to the decision.
    """

    def __init__(self, half_life: float = 63.0, *, n: int = 5, delay: int = DELAY) -> None:
        if min(n, delay) < 1:
            raise ConfigError(f"n, delay: expected 1 day or more, got {n} and {delay}")
        self.n, self.delay = n, delay
        self._ew = Ew(half_life)

    def predict(self, scores: FloatArray, judged: FloatArray | None = None) -> Prediction:
        """u for the decision after these scores; without `judged` that of `Ew`."""
        scores = checked(scores)
        if judged is None or not len(scores):
            return self._ew.predict(scores)
        walked = self.walk(scores, judged)
        return Prediction(*(getattr(walked, field.name)[-1] for field in fields(walked)))

    def walk(self, scores: FloatArray, judged: FloatArray) -> Prediction:
        """The prediction after each day, arrays (T, A): row t is `predict` of rows 0..t and judgements up to then."""
        past = self._past(checked(scores), judged)
        ew = past.ew
        b = np.array([past.slopes(self._rows(days), self.n) for days in range(1, len(ew.u) + 1)]).reshape(
            -1, 2
        )
        u = b[:, :1] * ew.u + b[:, 1:] * past.z[self.delay :]
        return Prediction(u, u * ew.sd, ew.sd, ew.n_eff, ew.matured)

    def opened(self, scores: FloatArray, judged: FloatArray) -> tuple[bool, int, float]:
        """Whether the judges count at the decision after these scores, the matured dates, and t (NaN below 120)."""
        past = self._past(checked(scores), judged)
        return past.gate(self._rows(len(scores)), self.n)

    def settings(self) -> JsonObject:
        """Parameters."""
        return {"half_life": self._ew.half_life, "n": self.n, "delay": self.delay}

    def _rows(self, days: int) -> int:
        """Decision days with a matured target after so many matured scores; row r is decision day r + delay."""
        return max(days - self.n - self.delay + 1, 0)

    def _past(self, scores: FloatArray, judged: FloatArray) -> _Past:
        z = judge_z(checked_judged(judged, scores, self.delay))
        ew = self._ew.walk(scores)
        rows = self._rows(len(scores))
        ahead = realised_means(scores, self.n)[self.delay :][:rows]
        usable = ew.warm[:rows] & np.isfinite(ahead)
        y = np.where(usable, ahead, 0.0) / np.where(usable, ew.sd[:rows], 1.0)
        known = np.where(usable, z[self.delay :][:rows], 0.0)
        return _Past.of(ew, z, np.where(usable, ew.u[:rows], 0.0), known, y)


def judge_z(judged: FloatArray) -> FloatArray:
    """(D, A) cross-sectional z of the mean over judges of (D, A, J); 0 where not judged or all are judged alike."""
    seen = ~np.isnan(judged)
    count = seen.sum(axis=-1)
    mean = np.where(seen, judged, 0.0).sum(axis=-1) / np.maximum(count, 1)
    there = count > 0
    agents = np.maximum(there.sum(axis=1, keepdims=True), 1)
    off = np.where(there, mean - np.where(there, mean, 0.0).sum(axis=1, keepdims=True) / agents, 0.0)
    sd = np.sqrt((off**2).sum(axis=1, keepdims=True) / agents)
    scale = np.abs(np.where(there, mean, 0.0)).max(axis=1, keepdims=True, initial=0.0)
    varies = sd > 1e-12 * scale
    return np.where(varies, off / np.where(varies, sd, 1.0), 0.0)


@dataclass(frozen=True)
class _Past:
    """Sums over the first 0, 1, .. R matured dates, so that each decision reads its own and no later one."""

    ew: Prediction
    z: FloatArray
    sums: FloatArray
    extra: FloatArray

    @classmethod
    def of(cls, ew: Prediction, z: FloatArray, s: FloatArray, known: FloatArray, y: FloatArray) -> _Past:
        products = np.stack([s * s, s * known, known * known, s * y, known * y]).sum(axis=-1)
        sums = np.concatenate([np.zeros((5, 1)), np.cumsum(products, axis=1)], axis=1)
        judged = (known != 0).any(axis=1)
        agents = np.maximum((known != 0).sum(axis=1), 1)
        extra = np.where(judged, (known * (y - s)).sum(axis=1) / agents, np.nan)
        return cls(ew, z, sums, extra)

    def slopes(self, rows: int, n: int) -> tuple[float, float]:
        ss, sz, zz, sy, zy = self.sums[:, rows].tolist()
        a, d, p, q = ss + PENALTY, zz + PENALTY, sy + PENALTY, zy
        if not self.gate(rows, n)[0]:
            return p / a, 0.0
        determinant = a * d - sz * sz
        return (p * d - q * sz) / determinant, (a * q - sz * p) / determinant

    def gate(self, rows: int, n: int) -> tuple[bool, int, float]:
        extra = self.extra[:rows]
        dates = int(np.count_nonzero(~np.isnan(extra)))
        t = newey_west_t(extra, n) if dates >= MIN_DATES else math.nan
        return t >= MIN_T, dates, t
