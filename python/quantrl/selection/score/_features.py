"""What a learned score looks at: how an agent has behaved and earned so far."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantrl.selection.score._decayed import ROUNDING, Decayed, ratio
from quantrl.selection.score._level import Level
from quantrl.selection.score._record import Scaled
from quantrl.typing import FloatArray, IntArray

HALF_LIVES = (21.0, 63.0, 126.0)
NAMES = ("vol", "drawdown", "cost", "beta", "trades", "trials", *(f"mean{h:.0f}" for h in HALF_LIVES))
"""Annual volatility, drawdown of scaled returns, mean cost of a round, beta to the pool's mean, share of rounds acted in,
logged changes of the agent, means of scaled returns in target volatilities at three half-lives."""


class Features:
    """Features of agents 0..A-1, round after round.

    Parameters
    ----------
    sigma : float
        Target volatility per round.
    """

    def __init__(self, sigma: float) -> None:
        self._sigma = sigma
        self._means = [Decayed(1, half_life) for half_life in HALF_LIVES]
        # x, pool, x pool, pool², cost.
        self._moments = Decayed(5, HALF_LIVES[-1])
        self._level = Level()

    def fold(self, n: int, scaled: Scaled) -> None:
        """Take a round; n agents are known."""
        agent, x, cost = scaled.agent, scaled.x, scaled.matured.rows["cost"]
        for means in self._means:
            means.restart(scaled.changed)
            means.fold(n, agent, x[None] / self._sigma)
        self._moments.restart(scaled.changed)
        self._level.restart(scaled.changed)
        pool = np.full(len(x), x.mean())
        self._moments.fold(n, agent, np.array([x, pool, x * pool, pool * pool, cost]))
        self._level.fold(n, agent, x)

    def of(self, ready: IntArray, known: dict[str, NDArray[Any]], version: IntArray) -> FloatArray:
        """Features of the ready.

        Parameters
        ----------
        ready : (k,) int64
            Their ids.
        known : dict
            Columns (A,) of the default score.
        version : (A,) int64

        Returns
        -------
        (k, 9) float64
            In the order of `NAMES`; each column has mean 0 and deviation 1 over the ready, or is 0 where all agree.
        """
        x, pool, x_pool, square, cost = self._moments.means()
        variance = square - pool * pool
        beta = ratio(x_pool - x * pool, np.where(variance > ROUNDING * square, variance, 0.0))
        columns = [known["vol_ann"], self._level.drawdown, cost, np.nan_to_num(beta), known["share"], version]
        found = np.array([*columns, *(means.means()[0] for means in self._means)])[:, ready].T
        return standardised(found)

    def state(self) -> dict[str, Any]:
        """State as JSON."""
        means = [means.state() for means in self._means]
        return {"means": means, "moments": self._moments.state(), "level": self._level.state()}

    def restored(self, state: dict[str, Any], n: int) -> Features:
        """The same features of n agents as they were saved.

        Raises
        ------
        KeyError, TypeError, ValueError
            The state is damaged.
        """
        made = Features(self._sigma)
        pairs = zip(self._means, state["means"], strict=True)
        made._means = [means.restored(saved, n) for means, saved in pairs]
        made._moments = self._moments.restored(state["moments"], n)
        made._level = Level.of(state["level"], n)
        return made


def standardised(columns: FloatArray) -> FloatArray:
    """(k, p) columns less their mean, over their deviation; 0 where that is rounding."""
    if not len(columns):
        return columns
    centred = columns - columns.mean(axis=0)
    sd = np.sqrt((centred * centred).mean(axis=0))
    varies = sd > ROUNDING * np.abs(columns).max(axis=0)
    return np.where(varies, centred / np.where(varies, sd, 1.0), 0.0)
