"""How far each agent's compounded returns stand, and have stood, below their peak."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantrl.selection.score._decayed import matrix
from quantrl.typing import FloatArray, IntArray

_START = np.array([[1.0], [1.0], [0.0]])


class Level:
    """Level, peak and worst drawdown of agents 0..A-1, from their first row on."""

    def __init__(self) -> None:
        self._path: FloatArray = np.zeros((3, 0))

    def fold(self, n: int, agent: IntArray, x: FloatArray) -> None:
        """Compound the returns x (k,) of these agents; n are known."""
        missing = n - self._path.shape[1]
        if missing > 0:
            self._path = np.hstack([self._path, np.repeat(_START, missing, axis=1)])
        level, peak, worst = self._path[:, agent]
        level = np.maximum(0.0, level * (1.0 + x))
        peak = np.maximum(peak, level)
        self._path[:, agent] = level, peak, np.minimum(worst, level / peak - 1.0)

    def restart(self, agents: IntArray) -> None:
        """Forget agents that were changed."""
        self._path[:, agents] = _START

    @property
    def drawdown(self) -> FloatArray:
        """(A,) level over peak, less one: 0 or below."""
        found: FloatArray = self._path[0] / self._path[1] - 1.0
        return found

    @property
    def worst(self) -> FloatArray:
        """(A,) lowest drawdown so far."""
        found: FloatArray = self._path[2]
        return found

    def state(self) -> list[list[float]]:
        """State as JSON."""
        rows: list[list[float]] = self._path.tolist()
        return rows

    @staticmethod
    def of(state: Any, n: int) -> Level:
        """The level of n agents that was saved.

        Raises
        ------
        TypeError, ValueError
            The state is damaged.
        """
        made = Level()
        made._path = matrix(state, (3, n))
        if n and not made._path[1].min() >= 1.0:
            raise ValueError("level: a peak is below the start")
        return made
