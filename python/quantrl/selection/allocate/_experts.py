"""Weights that multiply with what agents earn."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantrl.selection._parameters import number, whole
from quantrl.selection.learning import News
from quantrl.typing import FloatArray, JsonObject


class Experts:
    """Multiplicative weights over all agents, funded or not, with a part spread equally after each round.

    Parameters
    ----------
    step : str
        Name of the member, for messages.
    rate : float
        Learning rate per unit of target volatility.
    clip : float
        Most a round counts, in units of target volatility.
    start : int
        Rounds at the beginning, during which all weigh the same.
    share : float
        Part of the weight spread equally after each round.

    Attributes
    ----------
    weights : (A,) float64
        They sum to one.
    """

    def __init__(self, step: str, *, rate: float, clip: float, start: int, share: float) -> None:
        self.rate = number(f"{step}: rate", rate, 0, 10, above=True)
        self.clip = number(f"{step}: clip", clip, 0, 100, above=True)
        self.start = whole(f"{step}: start", start, 0)
        self.share = number(f"{step}: share", share, 0, 1)
        self.weights: FloatArray = np.zeros(0)
        self._rounds = 0

    def learn(self, news: News) -> None:
        """w <- w exp(rate clip(x / sigma)) for every round, over their sum; then (1 - share) w + share / N."""
        first = len(self.weights)
        self.weights = np.append(self.weights, np.zeros(len(news) - first))
        if self._rounds <= self.start:
            self.weights[:] = 1.0 / max(1, len(news))
        else:
            for agent in range(first, len(news)):
                self._enter(agent)
        for matured in news.rounds:
            self._rounds += 1
            if self._rounds <= self.start:
                self.weights[:] = 1.0 / len(self.weights)
                continue
            for agent in matured.changed:
                self._enter(agent)
            earned = np.clip(matured.x / news.sigma, -self.clip, self.clip)
            self.weights[matured.agent] *= np.exp(self.rate * earned)
            self.weights /= self.weights.sum()
            if self.share > 0.0:
                self.weights = (1.0 - self.share) * self.weights + self.share / len(self.weights)

    def _enter(self, agent: int) -> None:
        """A newcomer gets an N-th of the leader's weight, and all of it where nobody else has any."""
        self.weights[agent] = 0.0
        self.weights[agent] = self.weights.max() / len(self.weights) or 1.0
        self.weights /= self.weights.sum()

    def settings(self) -> JsonObject:
        """Parameters all rules of this kind share."""
        return {"rate": self.rate, "clip": self.clip, "start": self.start}

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        return {"weights": self.weights.tolist(), "rounds": self._rounds}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped."""
        self.weights = np.array(state["weights"], dtype=np.float64)
        self._rounds = int(state["rounds"])
