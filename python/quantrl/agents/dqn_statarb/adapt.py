"""Whether a spread is still the one a policy was trained on: three cumulative sums, and what to do when one is full."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from quantrl.errors import ConfigError, DataError
from quantrl.typing import BoolArray, FloatArray

Answer = Literal["stand_down", "retrain", "ignore"]
ANSWERS: tuple[str, ...] = get_args(Answer)
MEAN_DRIFT, MEAN_LIMIT = 0.1, 40.0
REVERSION_DRIFT, REVERSION_LIMIT, MOST_REVERSION = 0.05, 120.0, 6.0


@dataclass(frozen=True)
class Drift:
    """One-sided cumulative sums of surprises (Page 1954, Biometrika 41), of n spreads at once; never changed in place.

    With e = (x' - phi x) / sigma_dt, 0 on average while the fit holds, and g = clip(e x / s, +-6), which is positive on
    average where the spread reverts more slowly than it was fitted:

    Attributes
    ----------
    up, down : (n,) float64
        max(0, sum +- e - 0.1): the mean has moved. Limit 40.
    reversion : (n,) float64
        max(0, sum + g - 0.05): reversion has weakened. Limit 120.
    """

    up: FloatArray
    down: FloatArray
    reversion: FloatArray

    @classmethod
    def none(cls, n: int) -> Drift:
        """All sums at 0."""
        return cls(*np.zeros((3, n)))

    def after(self, before: FloatArray, now: FloatArray, *, phi: ArrayLike, s: ArrayLike) -> Drift:
        """The sums after one step of the spreads.

        Parameters
        ----------
        before, now : (n,) float64
            Spreads less their mean in training.
        phi, s : float or (n,)
            Of training: autoregression over a step, and stationary standard deviation.
        """
        known, deviation = np.asarray(phi), np.asarray(s)
        e = (now - known * before) / (deviation * np.sqrt(1.0 - known * known))
        g = np.clip(e * before / deviation, -MOST_REVERSION, MOST_REVERSION)
        return Drift(
            np.maximum(0.0, self.up + e - MEAN_DRIFT),
            np.maximum(0.0, self.down - e - MEAN_DRIFT),
            np.maximum(0.0, self.reversion + g - REVERSION_DRIFT),
        )

    @property
    def score(self) -> FloatArray:
        """(n,) the sum nearest to its limit, as a share of it; 1 and above is an alarm."""
        mean = np.maximum(self.up, self.down) / MEAN_LIMIT
        return np.maximum(mean, self.reversion / REVERSION_LIMIT)


@dataclass
class DriftWatch:
    """Watches n spreads for as long as one policy trades them.

    Parameters
    ----------
    phi, s, mean : float
        Of the spread in training: autoregression over one decision, stationary standard deviation and mean, log units.
    n : int
        Spreads watched side by side.
    answer : {"stand_down", "retrain", "ignore"}
        ``stand_down``: only flat is legal from the alarm until `refit`. ``retrain``: trading goes on and a refit is
        `due`. ``ignore``: alarms are kept and change nothing.

    Raises
    ------
    ConfigError
        phi outside (0, 1), s not positive, a mean that is not finite, no spread, or an unknown answer.

    Notes
    -----
    At kappa dt = 0.02 the median run without a change is some 60,000 decisions; the median delay after a shift of the mean
    by 2 s, after reversion has ended, and after it has fallen to a quarter is some 300, 300 and 540.
    """

    phi: float
    s: float
    mean: float = 0.0
    n: int = 1
    answer: Answer = "stand_down"
    drift: Drift = field(init=False)
    alarmed: BoolArray = field(init=False)
    _fits: FloatArray = field(init=False, repr=False)
    _before: FloatArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.n < 1:
            raise ConfigError(f"n: expected at least 1, got {self.n}")
        if self.answer not in ANSWERS:
            raise ConfigError(f"answer: expected one of {', '.join(ANSWERS)}, got {self.answer!r}")
        fit = _checked(self.phi, self.s, self.mean)
        self.drift = Drift.none(self.n)
        self.alarmed = np.zeros(self.n, dtype=np.bool_)
        self._fits = np.tile(np.array(fit)[:, None], (1, self.n))
        self._before = np.full(self.n, np.nan)

    def push(self, x: ArrayLike) -> BoolArray:
        """One more decision's spreads (n,), log units; which have alarmed, now or since their last fit.

        Raises
        ------
        DataError
            Another shape, or a spread that is not finite; nothing has changed.
        """
        found = np.asarray(x, dtype=np.float64)
        if found.shape != (self.n,):
            raise DataError(f"x: expected ({self.n},), got {found.shape}")
        bad = np.flatnonzero(~np.isfinite(found))
        if bad.size:
            raise DataError(f"x: row {bad[0]}: expected a finite spread, got {found[bad[0]]}")
        phi, s, mean = self._fits
        now = found - mean
        # The first spread after a fit is no surprise: e = 0.
        before = np.where(np.isnan(self._before), now / phi, self._before - mean)
        self.drift = self.drift.after(before, now, phi=phi, s=s)
        self._before = found
        self.alarmed = self.alarmed | (self.drift.score >= 1.0)
        return self.alarmed

    @property
    def flat_only(self) -> BoolArray:
        """(n,) where only a flat position is legal."""
        return self.alarmed & (self.answer == "stand_down")

    @property
    def due(self) -> BoolArray:
        """(n,) where a refit is asked for."""
        return self.alarmed & (self.answer != "ignore")

    def state(self) -> tuple[float, float, float, float, float]:
        """Of the first spread: the three sums, its last value (NaN: none since a fit) and whether it has alarmed."""
        sums = self.drift
        return (
            float(sums.up[0]),
            float(sums.down[0]),
            float(sums.reversion[0]),
            float(self._before[0]),
            float(self.alarmed[0]),
        )

    def load(self, state: tuple[float, ...]) -> None:
        """What `state` gave, for the first spread of a watch with the same fit."""
        up, down, reversion, before, alarmed = state
        kept = [sums.copy() for sums in (self.drift.up, self.drift.down, self.drift.reversion)]
        for sums, value in zip(kept, (up, down, reversion), strict=True):
            sums[0] = value
        self.drift = Drift(*kept)
        self._before = self._before.copy()
        self._before[0] = before
        self.alarmed = self.alarmed.copy()
        self.alarmed[0] = bool(alarmed)

    def refit(self, which: ArrayLike, *, phi: float, s: float, mean: float = 0.0) -> None:
        """Begin anew where `which` (n,) is true, with another fit.

        Raises
        ------
        ConfigError
            As of the class.
        DataError
            `which` is no mask of n.
        """
        mask = np.asarray(which)
        if mask.shape != (self.n,) or mask.dtype != np.bool_:
            raise DataError(f"which: expected ({self.n},) bool, got {mask.shape} {mask.dtype}")
        self._fits[:, mask] = np.array(_checked(phi, s, mean))[:, None]
        self._before = np.where(mask, np.nan, self._before)
        kept = (np.where(mask, 0.0, sums) for sums in (self.drift.up, self.drift.down, self.drift.reversion))
        self.drift = Drift(*kept)
        self.alarmed = self.alarmed & ~mask


def _checked(phi: float, s: float, mean: float) -> tuple[float, float, float]:
    if not 0.0 < phi < 1.0:
        raise ConfigError(f"phi: expected a number inside (0, 1), got {phi}")
    if not 0.0 < s < math.inf:
        raise ConfigError(f"s: expected a positive number, got {s}")
    if not math.isfinite(mean):
        raise ConfigError(f"mean: expected a finite number, got {mean}")
    return phi, s, mean
