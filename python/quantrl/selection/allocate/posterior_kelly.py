"""A fraction of the growth-optimal stake, by what agents may be expected to earn."""

from __future__ import annotations

import math
from typing import Any, final

import numpy as np

from quantrl.selection._parameters import number
from quantrl.selection.frame import ScoreFrame
from quantrl.selection.learning import News
from quantrl.selection.select import Selection
from quantrl.typing import BoolArray, FloatArray, JsonObject

_LEAST_VARIANCE = 1e-6
_SUMS = 4
_W, _W2, _X, _X2 = range(_SUMS)


@final
class PosteriorKelly:
    """``min(cap, fraction * mu / variance)`` of the volatility-scaled returns of each funded agent, all shrunk alike where
    they sum to more than one; nothing where mu <= 0.

    mu is the decayed mean, flat rounds included, shrunk towards the mean of all ready agents by empirical Bayes.

    Parameters
    ----------
    fraction : float
        Of the growth-optimal stake.
    cap : float
        Most an agent gets.
    half_life : float
        Rounds after which a row counts half.

    References
    ----------
    Kelly (1956), A new interpretation of information rate, Bell Syst. Tech. J. 35(4); Thorp (2006), The Kelly criterion in
    blackjack, sports betting and the stock market.
    """

    def __init__(self, fraction: float = 0.25, cap: float = 0.3, half_life: float = 126.0) -> None:
        self.fraction = number("allocate posterior_kelly: fraction", fraction, 0, 1, above=True)
        self.cap = number("allocate posterior_kelly: cap", cap, 0, 1, above=True)
        self.half_life = number("allocate posterior_kelly: half_life", half_life, 0, above=True)
        self._sigma = math.nan
        self._sums: FloatArray = np.zeros((_SUMS, 0))

    def learn(self, news: News) -> None:
        """Decay, and add what matured in units of target volatility."""
        keep = 0.5 ** (1.0 / self.half_life)
        decay = np.array([keep, keep * keep, keep, keep])
        missing = len(news) - self._sums.shape[1]
        self._sums = np.hstack([self._sums, np.zeros((_SUMS, missing))])
        self._sigma = news.sigma
        for matured in news.rounds:
            self._sums[:, list(matured.changed)] = 0.0
            self._sums *= decay[:, None]
            u = matured.x / news.sigma
            self._sums[:, matured.agent] += np.array([np.ones(len(u)), np.ones(len(u)), u, u * u])

    def allocate(self, selection: Selection, frame: ScoreFrame) -> FloatArray:
        """(A,) shares; what is left is cash."""
        shares = np.zeros(len(frame))
        ids = list(selection.agents)
        if not ids or self._sums.shape[1] < len(frame):
            return shares
        mean, variance = self.posterior(frame.ready)
        stake = self.fraction * mean[ids] / (variance[ids] * self._sigma)
        shares[ids] = np.clip(np.nan_to_num(stake, nan=0.0), 0.0, self.cap)
        return shares / max(1.0, float(shares.sum()))

    def posterior(self, ready: BoolArray) -> tuple[FloatArray, FloatArray]:
        """(A,) shrunken mean and variance of returns in units of target volatility; NaN without either."""
        mean, variance = np.full((2, len(ready)), np.nan)
        w, w2, x, x2 = self._sums
        known = np.flatnonzero(ready & (w > 0))
        m = x[known] / w[known]
        spread = x2[known] / w[known] - m * m
        varies = spread > _LEAST_VARIANCE
        known, m, spread = known[varies], m[varies], spread[varies]
        if len(known):
            # 3.3.6 of the default scorer on plain means: tau^2 = var(m) - mean(v), B = tau^2 / (tau^2 + v).
            v = spread * w2[known] / w[known] ** 2
            between = float(m.var(ddof=1)) - float(v.mean()) if len(known) > 1 else 0.0
            tau2 = max(_LEAST_VARIANCE, between)
            centre = float(m.mean())
            mean[known] = centre + tau2 / (tau2 + v) * (m - centre)
            variance[known] = spread
        return mean, variance

    def settings(self) -> JsonObject:
        """Parameters."""
        return {"fraction": self.fraction, "cap": self.cap, "half_life": self.half_life}

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        return {"sums": self._sums.tolist()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped."""
        self._sums = np.array(state["sums"], dtype=np.float64).reshape(_SUMS, -1)
