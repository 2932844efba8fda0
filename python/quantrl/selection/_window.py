"""The last rounds of volatility-scaled returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from quantrl.selection.learning import News
from quantrl.typing import FloatArray


class Window:
    """Up to `length` rounds, oldest first, with a column for each agent.

    Parameters
    ----------
    length : int
        Rounds kept.
    """

    def __init__(self, length: int) -> None:
        self.length = length
        self._x: FloatArray = np.zeros((0, 0))

    def fold(self, news: News) -> None:
        """Take what matured; an agent that was changed loses its past."""
        rows, known = self._x.shape
        if len(news) > known:
            self._x = np.hstack([self._x, np.full((rows, len(news) - known), np.nan)])
        if news.rounds:
            x = np.vstack([self._x, np.full((len(news.rounds), len(news)), np.nan)])
            for at, matured in enumerate(news.rounds, rows):
                x[:at, list(matured.changed)] = np.nan
                x[at, matured.agent] = matured.x
            self._x = x[-self.length :]

    def of(self, agents: Sequence[int]) -> FloatArray:
        """(T, n) rounds in which all of these agents had a row; none where one was never heard of."""
        if max(agents, default=0) >= self._x.shape[1]:
            return np.zeros((0, len(agents)))
        x = self._x[:, list(agents)]
        whole: FloatArray = x[~np.isnan(x).any(axis=1)]
        return whole

    def state_dict(self) -> dict[str, Any]:
        """State as JSON; missing returns are null."""
        x = [[None if value != value else value for value in row] for row in self._x.tolist()]
        return {"agents": self._x.shape[1], "x": x}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped."""
        x = [[np.nan if value is None else value for value in row] for row in state["x"]]
        self._x = np.array(x, dtype=np.float64).reshape(len(x), int(state["agents"]))
