"""The spread of two price series by a rolling regression, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantrl.typing import FloatArray

USABLE = (0.2, 5.0)
"""Ratios outside of these hedge nothing."""


@dataclass(frozen=True)
class Spread:
    """Where the spread stands after the last bar.

    Attributes
    ----------
    z : float
        Distance from its mean over W bars in standard deviations.
    change : float
        Last change of the spread in standard deviations of its changes over W bars.
    x : float
        The spread itself, log units.
    sd : float
        Standard deviation over W bars, log units.
    beta : float
        Log units of the second leg that hedge one of the first.
    """

    z: float
    change: float
    x: float
    sd: float
    beta: float

    @property
    def hedges(self) -> bool:
        """Whether it can be traded."""
        return USABLE[0] <= self.beta <= USABLE[1] and self.sd > 0.0


def spread_of(logs: FloatArray, window: int) -> Spread:
    """x_t = y - alpha - beta u, with the coefficients of a regression over the W bars before t.

    Parameters
    ----------
    logs : (2 W + 1, 2) float64
        Log prices of both legs, oldest first; a column that stands still gives beta 0.
    window : int
        W.
    """
    centred = logs - logs.mean(axis=0)
    y, u = centred.T
    sums = np.cumsum(np.vstack([np.zeros(4), np.column_stack([y, u, u * u, u * y])]), axis=0)
    y1, u1, uu, uy = ((sums[window:] - sums[:-window]) / window).T  # of bars t - W to t - 1, t = W ..
    varies = uu - u1 * u1
    safe = np.where(varies > 1e-18, varies, 1.0)
    beta = np.where(varies > 1e-18, (uy - u1 * y1) / safe, 0.0)
    alpha = y1 - beta * u1
    x = y[window:] - alpha[:-1] - beta[:-1] * u[window:]
    recent, steps = x[-window:], np.diff(x)
    z = _standard(x[-1] - recent.mean(), recent.std())
    return Spread(z, _standard(steps[-1], steps.std()), float(x[-1]), float(recent.std()), float(beta[-1]))


def _standard(distance: float, sd: float) -> float:
    return float(distance / sd) if sd > 0.0 else 0.0
