"""Recalibration of stated probabilities by a logistic curve, and whether it may be used."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantrl.contest.evaluate.calibration import CLIP, brier, checked_pairs
from quantrl.errors import DataError
from quantrl.typing import FloatArray

MIN_ROWS = 200
HELD_OUT = 100
_STEPS = 100


@dataclass(frozen=True)
class Platt:
    """P(true) = 1 / (1 + exp(-(intercept + slope logit p))); the identity has 0 and 1."""

    intercept: float
    slope: float

    def apply(self, probability: FloatArray) -> FloatArray:
        """(n,) recalibrated; stated ones are clipped to .01 .. .99 first."""
        return _logistic(self.intercept + self.slope * _logit(probability))


def fit_platt(probability: FloatArray, outcome: FloatArray) -> Platt:
    """Maximum likelihood by Newton's method.

    Parameters
    ----------
    probability, outcome : (n,) float64
        Stated, and 0 or 1.

    Raises
    ------
    DataError
        Not enough to fit: one outcome only, one probability only, or perfectly separated; or as `brier` refuses.

    References
    ----------
    Platt (1999), Probabilistic outputs for support vector machines; without his smoothed targets.
    """
    p, y = checked_pairs(probability, outcome)
    x = np.column_stack([np.ones(len(p)), _logit(p)])
    if len(p) < 2 or np.ptp(y) == 0 or np.ptp(x[:, 1]) == 0 or _separated(x[:, 1], y):
        raise DataError(
            f"platt: expected both outcomes at overlapping probabilities, got {len(p)} rows of which {int(y.sum())} are true"
        )
    beta = np.zeros(2)
    loss = _loss(x @ beta, y)
    for _ in range(_STEPS):
        q = _logistic(x @ beta)
        step = np.linalg.solve((x.T * (q * (1.0 - q))) @ x, x.T @ (y - q))
        size = 1.0
        while (found := _loss(x @ (beta + size * step), y)) > loss and size > 1e-10:
            size /= 2.0
        beta, loss = beta + size * step, found
        if np.abs(step).max() <= 1e-12 * (1.0 + np.abs(beta).max()):
            break
    return Platt(float(beta[0]), float(beta[1]))


def usable_platt(probability: FloatArray, outcome: FloatArray) -> Platt | None:
    """The curve sizing may use at a decision, or None: it must have helped where it was not fitted.

    Parameters
    ----------
    probability, outcome : (n,) float64
        Matured rows, oldest first.

    Returns
    -------
    Platt or None
        Fitted on all but the newest 100 rows, at least 200 of them, and only if it lowers the Brier score of those 100.
    """
    p, y = checked_pairs(probability, outcome)
    if len(p) < MIN_ROWS + HELD_OUT:
        return None
    try:
        curve = fit_platt(p[:-HELD_OUT], y[:-HELD_OUT])
    except DataError:
        return None
    new, truth = p[-HELD_OUT:], y[-HELD_OUT:]
    return curve if brier(curve.apply(new), truth) < brier(new, truth) else None


def _logit(p: FloatArray) -> FloatArray:
    p = np.clip(p, *CLIP)
    return np.log(p / (1.0 - p))


def _logistic(x: FloatArray) -> FloatArray:
    return 1.0 / (1.0 + np.exp(np.clip(-x, -700.0, 700.0)))


def _loss(x: FloatArray, y: FloatArray) -> float:
    return float((np.logaddexp(0.0, x) - y * x).sum())


def _separated(x: FloatArray, y: FloatArray) -> bool:
    true, false = x[y == 1], x[y == 0]
    return bool(true.min() >= false.max() or true.max() <= false.min())
