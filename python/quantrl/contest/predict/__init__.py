"""Predictors: from matured daily scores to the utility u of each agent. One final class per file, no model needed.

Each takes the scores (T, A) that have matured at the decision, oldest first, NaN where an agent abstained, and nothing
else: what is not in the array cannot be used. Row T-1 is the newest; the decision is `DELAY` days after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from quantrl.errors import DataError
from quantrl.typing import BoolArray, FloatArray, IntArray, JsonObject

DELAY = 2
"""Days from the newest matured score to the decision: at d(t) it is that of day t-2."""
WARM = 3
"""Matured scores from which an agent counts as warm."""


@dataclass(frozen=True)
class Prediction:
    """What a predictor says at one decision; every array is (A,), or (T, A) from a walk over T decisions.

    Attributes
    ----------
    u : float64
        Predicted score per unit of risk; NaN where it is undefined.
    mean, sd : float64
        Predicted mean and standard deviation, in units of the scores; NaN where unknown.
    n_eff : float64
        Effective number of scores behind them.
    matured : int64
        Matured scores of the agent.
    """

    u: FloatArray
    mean: FloatArray
    sd: FloatArray
    n_eff: FloatArray
    matured: IntArray

    @property
    def warm(self) -> BoolArray:
        """Agents with at least `WARM` matured scores and a defined u."""
        return (self.matured >= WARM) & np.isfinite(self.u)


class Predictor(Protocol):
    """Turns matured scores into utilities."""

    def predict(self, scores: FloatArray, judged: FloatArray | None = None) -> Prediction:
        """Predict for the decision after these scores.

        Parameters
        ----------
        scores : (T, A) float64
            Matured scores, oldest first; NaN = abstained.
        judged : (T + delay, A, J) float64, optional
            Judge scores made at every decision day up to today's, which is the last; NaN = not judged.

        Raises
        ------
        DataError
            Not two-dimensional, infinite, or `judged` of another length.
        """
        ...

    def settings(self) -> JsonObject:
        """Parameters."""
        ...


def checked(scores: FloatArray) -> FloatArray:
    """Scores as (T, A) float64.

    Raises
    ------
    DataError
        Another number of dimensions, or an infinite score.
    """
    array = np.ascontiguousarray(scores, dtype=np.float64)
    if array.ndim != 2:
        raise DataError(f"scores: expected shape (days, agents), got {array.shape}")
    wrong = np.argwhere(np.isinf(array))
    if wrong.size:
        day, agent = wrong[0].tolist()
        raise DataError(
            f"scores: expected finite numbers or NaN, day {day}, agent {agent} is {array[day, agent]}"
        )
    return array


def checked_judged(judged: FloatArray, scores: FloatArray, delay: int) -> FloatArray:
    """Judge scores as (T + delay, A, J) float64.

    Raises
    ------
    DataError
        Another shape: a row too many would be a judgement of a later day.
    """
    array = np.ascontiguousarray(judged, dtype=np.float64)
    expected = (len(scores) + delay, scores.shape[1])
    if array.ndim != 3 or array.shape[:2] != expected:
        raise DataError(f"judged: expected shape {(*expected, 'judges')}, got {array.shape}")
    return array
