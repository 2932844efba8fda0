"""How far each agent has fallen since it was last funded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from quantrl import _core
from quantrl.selection.score import Round
from quantrl.selection.score._decayed import matrix
from quantrl.typing import FloatArray


class PathRisk:
    """CUSUM and drawdown of volatility-scaled returns; both start again when an agent is funded.

    Parameters
    ----------
    sigma : float
        Target volatility per round: the unit of the CUSUM.
    """

    def __init__(self, sigma: float) -> None:
        self.sigma = sigma
        self.cusum: FloatArray = np.zeros(0)
        self._level: FloatArray = np.zeros(0)
        self._peak: FloatArray = np.zeros(0)

    def grow(self, n: int) -> None:
        """Room for n agents."""
        missing = n - len(self.cusum)
        if missing > 0:
            self.cusum = np.append(self.cusum, np.zeros(missing))
            self._level = np.append(self._level, np.ones(missing))
            self._peak = np.append(self._peak, np.ones(missing))

    def fold(self, matured: Round) -> None:
        """C = max(0, C - x / sigma), with steps of at most 4; the level compounds x."""
        x = matured.x
        if len(x) < len(self.cusum):
            x = np.zeros(len(self.cusum))
            x[matured.agent] = matured.x
        self.cusum = _core.cusum_step(self.cusum, x, self.sigma)
        self._level = np.maximum(0.0, self._level * (1.0 + x))
        self._peak = np.maximum(self._peak, self._level)

    @property
    def drawdown(self) -> FloatArray:
        """(A,) level over its peak, less one."""
        return self._level / self._peak - 1.0

    def restart(self, agents: Sequence[int]) -> None:
        """Begin anew for these agents."""
        which = list(agents)
        self.cusum = self.cusum.copy()
        self.cusum[which] = 0.0
        self._level[which] = 1.0
        self._peak[which] = 1.0

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        return {"cusum": self.cusum.tolist(), "level": self._level.tolist(), "peak": self._peak.tolist()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped.

        Raises
        ------
        KeyError, TypeError, ValueError
            The state is damaged; nothing is loaded.
        """
        names = ("cusum", "level", "peak")
        cusum, level, peak = matrix([state[name] for name in names], (len(names), len(state["cusum"])))
        if not ((cusum >= 0) & (level >= 0) & (peak >= np.maximum(level, 1.0))).all():
            raise ValueError("path: expected sums and levels from 0, and peaks from 1 above them")
        self.cusum, self._level, self._peak = cusum.copy(), level.copy(), peak.copy()
