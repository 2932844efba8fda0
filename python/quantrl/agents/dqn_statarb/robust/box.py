"""Which markets a policy is asked to stand: a box of domain parameters, its corners and points within."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from quantrl.envs import PairConfig
from quantrl.envs.pair.config import NOMINAL, THETA
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray

Point = tuple[float, float, float, float, float]
DIMENSIONS = len(THETA)
_BETTER_HIGH = (False, False, False, True, True)
"""Of `THETA`: whether more of it makes trading easier."""


@dataclass(frozen=True)
class Box:
    """Bounds of `THETA`: fee, spread, latency in ms, chance of a passive fill, volatility.

    Attributes
    ----------
    low, high : (5,) tuple of float
    """

    low: Point
    high: Point

    def __post_init__(self) -> None:
        for name, low, usual, high in zip(THETA, self.low, NOMINAL, self.high, strict=True):
            if not low <= usual <= high:
                raise ConfigError(f"box.{name}: expected bounds around {usual:g}, got {low:g} to {high:g}")

    @property
    def adverse(self) -> Point:
        """The corner at which every parameter is as bad as it gets."""
        fee, spread, latency, fill, vol = (
            low if better else high
            for low, high, better in zip(self.low, self.high, _BETTER_HIGH, strict=True)
        )
        return fee, spread, latency, fill, vol

    def points(self, inner: int, seed: int = 0) -> FloatArray:
        """(M, 5): the nominal point, every corner, and `inner` points of a scrambled Sobol sequence.

        Parameters
        ----------
        inner : int
            At least 0.
        seed : int
            Of the scrambling.

        References
        ----------
        Owen (1998), Scrambling Sobol' and Niederreiter-Xing points, Journal of Complexity 14(4).
        """
        from torch.quasirandom import SobolEngine

        low, high = np.asarray(self.low), np.asarray(self.high)
        open_ = [(a, b) if a < b else (a,) for a, b in zip(self.low, self.high, strict=True)]
        corners = np.asarray(list(product(*open_)))
        outer = np.concatenate([np.asarray([NOMINAL]), corners])
        if inner == 0:
            return outer
        engine: Any = SobolEngine
        drawn = engine(DIMENSIONS, scramble=True, seed=seed).draw(inner).double().numpy()
        return np.concatenate([outer, low + (high - low) * drawn])

    def within(self, pair: PairConfig) -> PairConfig:
        """A pair whose every episode has its own point of the box."""
        return pair.replace(theta_low=self.low, theta_high=self.high)


def at(pair: PairConfig, point: Point | FloatArray) -> PairConfig:
    """A pair whose every episode has the same point."""
    fixed = tuple(float(value) for value in point)
    return pair.replace(theta_low=fixed, theta_high=fixed)


BOX = Box(low=(0.5, 0.5, 0.0, 1.0, 0.5), high=(2.0, 2.0, 250.0, 1.0, 2.0))
"""Of simulated books with aggressive orders, which take no notice of the chance of passive fills."""
