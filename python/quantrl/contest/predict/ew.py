"""The default: exponentially forgotten mean over deviation, shrunk for few scores."""

from __future__ import annotations

import math
from typing import final

import numpy as np

from quantrl.contest.predict import WARM, Prediction, checked
from quantrl.contest.predict.medians import present_median
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray, IntArray, JsonObject

PRIOR = 10.0
"""Scores of zero that every agent starts with."""
SD_FLOOR = 0.25
"""Share of the median deviation below which no deviation counts."""


@final
class Ew:
    """Weight .5^(age / half_life) on every matured score.

    With weighted mean mu and variance var, n_eff = (sum w)^2 / sum w^2: mu* = mu n_eff / (n_eff + 10), sigma =
    max(sqrt(var), .25 median_j sqrt(var_j)) over warm agents j, u = mu* / sigma.

    Parameters
    ----------
    half_life : float
        Days after which a score counts half; infinity never forgets.
    """

    def __init__(self, half_life: float = 63.0) -> None:
        if not half_life > 0:
            raise ConfigError(f"half_life: expected a positive number of days, got {half_life!r}")
        self.half_life = float(half_life)

    def predict(self, scores: FloatArray, judged: FloatArray | None = None) -> Prediction:
        """u for the decision after these scores; `judged` is not read. O(T A)."""
        scores = checked(scores)
        moments = Moments(scores.shape[1], self.half_life)
        for row in scores:
            moments.fold(row)
        return prediction(moments.state())

    def walk(self, scores: FloatArray) -> Prediction:
        """The prediction after each day, arrays (T, A): row t is `predict` of rows 0..t, bit for bit. O(T A)."""
        scores = checked(scores)
        moments = Moments(scores.shape[1], self.half_life)
        states = np.empty((len(scores), 5, scores.shape[1]))
        for row, state in zip(scores, states, strict=True):
            moments.fold(row)
            state[:] = moments.state()
        return prediction(states.transpose(1, 0, 2))

    def settings(self) -> JsonObject:
        """Parameters."""
        return {"half_life": self.half_life}


class Moments:
    """Weighted mean and sum of squares of A agents, one day after another (West 1979, with forgetting)."""

    def __init__(self, n_agents: int, half_life: float) -> None:
        self.decay = 0.5 ** (1.0 / half_life) if math.isfinite(half_life) else 1.0
        self.weight, self.squares, self.mean, self.spread = np.zeros((4, n_agents))
        self.matured = np.zeros(n_agents)
        self._gap = np.ones(n_agents)

    def fold(self, row: FloatArray) -> None:
        """Add the scores of the next day, (A,).

        Forgetting is applied when an agent's next score comes: until then only ratios of its sums are read, and none
        of them underflows however long it is silent.
        """
        gap = self._gap * self.decay
        seen = ~np.isnan(row)
        weight = self.weight * gap + 1.0
        off = np.where(seen, row - self.mean, 0.0)
        mean = self.mean + off / weight
        self.spread = np.where(seen, self.spread * gap + off * (row - mean), self.spread)
        self.squares = np.where(seen, self.squares * gap * gap + 1.0, self.squares)
        self.weight = np.where(seen, weight, self.weight)
        self.mean, self._gap = mean, np.where(seen, 1.0, gap)
        self.matured = self.matured + seen

    def state(self) -> FloatArray:
        """(5, A): sum of weights, of their squares, weighted mean, weighted squares about it, number of scores."""
        return np.stack([self.weight, self.squares, self.mean, self.spread, self.matured])


def prediction(state: FloatArray) -> Prediction:
    """u from the states (5, ..., A) of `Moments`; NaN where an agent has no score, or none has varied."""
    weight, squares, mean, spread, matured = state
    known = matured > 0
    n_eff = np.where(known, weight**2 / np.where(known, squares, 1.0), 0.0)
    mean = np.where(known, mean * (n_eff / (n_eff + PRIOR)), np.nan)
    sd = np.sqrt(np.where(known, spread, np.nan) / np.where(known, weight, 1.0))
    count = matured.astype(np.int64)
    sd = floored(sd, count)
    return Prediction(ratio(mean, sd), mean, sd, n_eff, count)


def floored(sd: FloatArray, matured: IntArray) -> FloatArray:
    """Deviations (..., A) of at least a quarter of the median of the warm: a tiny sigma crowns nobody."""
    return np.fmax(sd, SD_FLOOR * present_median(np.where(matured >= WARM, sd, np.nan)))


def ratio(mean: FloatArray, sd: FloatArray) -> FloatArray:
    """mean / sd, NaN where sd is not above zero."""
    positive = np.isfinite(sd) & (sd > 0)
    return np.where(positive, mean / np.where(positive, sd, 1.0), np.nan)
