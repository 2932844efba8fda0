"""Elo-MMR: ratings as posteriors of skill, each the mode of one normal and many logistic factors.

Ebtekar and Liu (2021), Elo-MMR: A rating system for massive multiplayer competitions, WWW; the variant that transfers
drift to the prior ("mmr"). Ratings are on the scale where 1500 is the start and 80 the least uncertainty.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from quantrl import _core
from quantrl.selection.score._decayed import matrix
from quantrl.typing import FloatArray, IntArray

START, START_SD, LEAST_SD = 1500.0, 350.0, 80.0
_LOGISTIC = math.pi / math.sqrt(3.0)
_ROOM = 16


class Ratings:
    """What is believed of agents 0..A-1.

    Parameters
    ----------
    weight : float
        How much a round tells: the deviation of one performance is ``80 sqrt(1 + 1 / weight)``.
    drift : float
        Variance a round adds to the rating of an agent, whether it takes part or not.
    history : int or None
        Performances remembered one by one; older ones join the normal factor.
    split_ties : bool
        Whether a tie is half a win and half a loss instead of evidence of equality.
    """

    def __init__(self, weight: float, drift: float, history: int | None, split_ties: bool) -> None:
        self.drift, self.history = drift, history
        self.tie = 1.0 if split_ties else 2.0
        self.performance = LEAST_SD**2 * (1.0 + 1.0 / weight)
        self.noise = LEAST_SD**2 * weight
        # b of a new logistic factor; its a is half of that, for good.
        self._b = _LOGISTIC / math.sqrt(self.performance)
        # Posterior mean and variance, mean and precision of the normal factor.
        self._state: FloatArray = np.zeros((4, 0))
        # Modes and weights b of the remembered performances (A, room); slots are used in turn.
        self._mode: FloatArray = np.zeros((0, 0))
        self._back: FloatArray = np.zeros((0, 0))
        self._count: IntArray = np.zeros(0, dtype=np.int64)

    def grow(self, n: int) -> None:
        """Room for n agents."""
        missing = n - len(self._count)
        if missing > 0:
            self._state = np.hstack([self._state, np.repeat(_fresh(), missing, axis=1)])
            self._count = np.append(self._count, np.zeros(missing, dtype=np.int64))
            more = np.zeros((missing, self._mode.shape[1]))
            self._mode, self._back = np.vstack([self._mode, more]), np.vstack([self._back, more])

    def restart(self, agents: IntArray) -> None:
        """Forget agents that were changed."""
        self._state[:, agents] = _fresh()
        self._mode[agents] = self._back[agents] = 0.0
        self._count[agents] = 0

    @property
    def mean(self) -> FloatArray:
        """(A,) mode of the posterior."""
        found: FloatArray = self._state[0]
        return found

    @property
    def sd(self) -> FloatArray:
        """(A,) standard deviation of the posterior."""
        found: FloatArray = np.sqrt(self._state[1])
        return found

    def play(self, who: IntArray, result: FloatArray, rounds: FloatArray) -> None:
        """Rate one contest.

        Parameters
        ----------
        who : (k,) int64
            Agents that took part, each once; at least 2.
        result : (k,) float64
            Larger is better; equal results tie.
        rounds : (k,) float64
            Rounds since each took part before.
        """
        self._diffuse(who, self.noise + self.drift * rounds)
        mean, variance, _, _ = self._state[:, who]
        performed = performances(mean, variance + self.performance, result, self.tie)
        self._remember(who, performed)
        self._state[0, who] = self._average(who)
        self._state[1, who] = 1.0 / (1.0 / variance + 1.0 / self.performance)

    def _diffuse(self, who: IntArray, added: FloatArray) -> None:
        """More uncertainty, taken from all factors alike and in part turned into prior at the present mean."""
        mean, variance, prior, precision = self._state[:, who]
        kept = variance / (variance + added)
        moved = (1.0 - kept) * (precision + self._precision(self._back[who]).sum(axis=1))
        total = kept * precision + moved
        prior = (kept * precision * prior + moved * mean) / total
        self._state[:, who] = mean, variance + added, prior, kept * total
        self._back[who] *= (kept * kept)[:, None]

    def _remember(self, who: IntArray, performed: FloatArray) -> None:
        count = self._count[who]
        room = self._mode.shape[1]
        if int(count.max()) >= room and (self.history is None or room < self.history):
            more = _ROOM if self.history is None else min(_ROOM, self.history - room)
            extra = np.zeros((len(self._mode), more))
            self._mode, self._back = np.hstack([self._mode, extra]), np.hstack([self._back, extra])
        slot = count if self.history is None else count % self.history
        # The slot holds the oldest performance, or nothing.
        _, _, prior, precision = self._state[:, who]
        oldest = self._precision(self._back[who, slot])
        self._state[2, who] = (precision * prior + oldest * self._mode[who, slot]) / (precision + oldest)
        self._state[3, who] = precision + oldest
        self._mode[who, slot], self._back[who, slot] = performed, self._b
        self._count[who] = count + 1

    def _precision(self, back: FloatArray) -> FloatArray:
        """6 a b / pi², the precision of the normal law nearest to a logistic factor."""
        found: FloatArray = back * (6.0 / math.pi**2 * self._b / 2.0)
        return found

    def _average(self, who: IntArray) -> FloatArray:
        """Mode of the posterior: 0 = (x - prior) precision + sum b tanh(a (x - mode))."""
        mean, _, prior, precision = np.ascontiguousarray(self._state[:, who])
        return _core.elo_modes([mean, prior, precision], self._mode[who], self._back[who], self._b / 2.0)

    def state(self) -> dict[str, Any]:
        """State as JSON."""
        own = {"ratings": self._state.tolist(), "counts": self._count.tolist(), "room": self._mode.shape[1]}
        return {**own, "modes": self._mode.tolist(), "backs": self._back.tolist()}

    def load(self, state: dict[str, Any], n: int) -> None:
        """Continue where `state` was taken, with n agents.

        Raises
        ------
        KeyError, TypeError, ValueError
            The state is damaged; part of it may be loaded.
        """
        shape = (n, int(state["room"]))
        self._state = matrix(state["ratings"], (4, n))
        self._count = np.array(state["counts"], dtype=np.int64).reshape(n)
        self._mode, self._back = matrix(state["modes"], shape), matrix(state["backs"], shape)


def performances(mean: FloatArray, variance: FloatArray, result: FloatArray, tie: float) -> FloatArray:
    """The level at which each would have been as likely to do better as to do worse than it did.

    Parameters
    ----------
    mean, variance : (k,) float64
        Of the performance expected of each.
    result : (k,) float64
        Larger is better.
    tie : float
        Strength of the evidence of a tie; 1 is that of half a win and half a loss.

    Returns
    -------
    (k,) float64
        Zero of sum_j b_j (c_ij - e_ij tanh(a_j (p_i - mean_j))) in -6000..9000, every agent against itself included.
    """
    own, spread, done = (np.ascontiguousarray(v, dtype=np.float64) for v in (mean, variance, result))
    return _core.elo_performances(own, spread, done, tie)


def _fresh() -> FloatArray:
    return np.array([[START], [START_SD**2], [START], [START_SD**-2]])
