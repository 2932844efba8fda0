"""Exponentially forgotten sums, agent by agent, and the shrinkage over agents."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantrl.typing import BoolArray, FloatArray, IntArray

LEAST_PRIOR = 1e-6
ROUNDING = 1e-12
LEAST_SD = 0.5


class Decayed:
    """Sums of several variables over the rounds that count for an agent; every round they fade, whoever has a row.

    Parameters
    ----------
    variables : int
    half_life : float
        Rounds after which a row counts half; infinity never forgets.
    """

    def __init__(self, variables: int, half_life: float) -> None:
        keep = 2.0 ** (-1.0 / half_life)
        self._keep = np.full((variables + 3, 1), keep)
        self._keep[-2] = keep * keep
        self._sums: FloatArray = np.zeros((variables + 3, 0))

    def fold(self, n: int, agent: IntArray, values: FloatArray, counts: BoolArray | None = None) -> None:
        """Add a round.

        Parameters
        ----------
        n : int
            Agents known.
        agent : (k,) int64
            Ids, each once.
        values : (variables, k) float64
        counts : (k,) bool, optional
            Whose values count; all by default. The others have lived through the round.
        """
        self.grow(n)
        self._sums *= self._keep
        self._sums[-1, agent] += 1.0
        if counts is not None:
            agent, values = agent[counts], values[:, counts]
        self._sums[:-3, agent] += values
        self._sums[-3:-1, agent] += 1.0

    def grow(self, n: int) -> None:
        """Room for n agents; new ones have no evidence."""
        missing = n - self._sums.shape[1]
        if missing > 0:
            self._sums = np.hstack([self._sums, np.zeros((len(self._sums), missing))])

    def restart(self, agents: IntArray) -> None:
        """Forget agents that were changed."""
        self._sums[:, agents] = 0.0

    @property
    def sums(self) -> FloatArray:
        """(variables, A) decayed sums."""
        found: FloatArray = self._sums[:-3]
        return found

    @property
    def weight(self) -> FloatArray:
        """(A,) decayed number of rounds that counted."""
        found: FloatArray = self._sums[-3]
        return found

    def means(self) -> FloatArray:
        """(variables, A) decayed means; NaN where nothing counted."""
        return ratio(self.sums, self.weight)

    def n_eff(self, overlap: float = 1.0) -> FloatArray:
        """(A,) number of equally weighted independent rounds that would say as much; NaN where nothing counted."""
        return ratio(self.weight**2, self._sums[-2] * overlap)

    def share(self) -> FloatArray:
        """(A,) decayed share of the rounds lived through that counted; NaN before the first."""
        return ratio(self.weight, self._sums[-1])

    def state(self) -> list[list[float]]:
        """State as JSON."""
        rows: list[list[float]] = self._sums.tolist()
        return rows

    def restored(self, state: Any, n: int) -> Decayed:
        """The same sums as they were saved, of `n` agents.

        Raises
        ------
        TypeError, ValueError
            The state is damaged.
        """
        made = Decayed(0, 1.0)
        made._keep, made._sums = self._keep, matrix(state, (len(self._keep), n))
        return made


def matrix(state: Any, shape: tuple[int, ...]) -> FloatArray:
    """An array from JSON.

    Raises
    ------
    TypeError, ValueError
        Another shape, or a number that is not finite.
    """
    found = np.array(state, dtype=np.float64)
    if 0 in shape and not found.size:
        return np.zeros(shape)
    if found.shape != shape:
        raise ValueError(f"expected numbers of shape {shape}, got {found.shape}")
    if not np.isfinite(found).all():
        raise ValueError(f"expected finite numbers of shape {shape}, got NaN or infinity")
    return found


def ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    """above / below, NaN where below is not positive."""
    above, below = np.broadcast_arrays(above, below)
    found: FloatArray = np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
    return found


def sharpe(sums: Decayed, sigma: float) -> FloatArray:
    """(A,) mean over deviation per round of a variable whose value and square are the first two sums.

    NaN where it does not vary. The deviation counts as at least half the target volatility `sigma`: returns that hardly
    move are no infinite ratio, and scaled returns of an honest agent move by about `sigma`.
    """
    mean, square = sums.means()[:2]
    variance = square - mean * mean
    sd = np.sqrt(np.maximum(variance, (LEAST_SD * sigma) ** 2))
    varies = variance > ROUNDING * square
    return ratio(mean, np.where(varies, sd, 0.0))


def shrink(s: FloatArray, v: FloatArray, ready: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Empirical Bayes under a normal prior whose variance is found by moments.

    Parameters
    ----------
    s, v : (A,) float64
        Scores and their variances.
    ready : (A,) bool
        Who is ranked; `s` and `v` are numbers there.

    Returns
    -------
    mean, sd : (A,) float64
        Posterior over the ready; NaN elsewhere.

    References
    ----------
    Efron and Morris (1973), Stein's estimation rule and its competitors: an empirical Bayes approach, JASA 68.
    """
    mean, sd = np.full((2, len(s)), np.nan)
    known = s[ready]
    if not len(known):
        return mean, sd
    centre, noise = known.mean(), v[ready]
    spread = known.var(ddof=1) if len(known) > 1 else 0.0
    prior = max(LEAST_PRIOR, float(spread - noise.mean()))
    keep = prior / (prior + noise)
    mean[ready] = centre + keep * (known - centre)
    sd[ready] = np.sqrt(keep * noise)
    return mean, sd
