"""Whether judges agree: Krippendorff's alpha for scores on a scale, and how sure it is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from quantrl.errors import ConfigError, DataError
from quantrl.rng import generator
from quantrl.typing import FloatArray

_STREAM = 2509
_CELLS = 1_000_000


@dataclass(frozen=True)
class Agreement:
    """Krippendorff's alpha with a percentile interval.

    Attributes
    ----------
    alpha : float
        1 = perfect, 0 = chance; NaN where undefined. Judges that are calls of one model agree without being right.
    low, high : float
        From resampled units.
    units : int
        Units with two scores or more.
    """

    alpha: float
    low: float
    high: float
    units: int


def krippendorff_alpha(scores: FloatArray) -> float:
    """alpha = 1 - observed / expected squared difference, at the interval level.

    Parameters
    ----------
    scores : (U, J) float64
        Score of each unit by each judge; NaN = not judged. Units with fewer than 2 scores do not count.

    Returns
    -------
    float
        NaN where all scores are the same, or no unit has two.

    Raises
    ------
    DataError
        Not two-dimensional, or infinite.

    References
    ----------
    Krippendorff (2011), Computing Krippendorff's alpha-reliability.
    """
    return float(_alpha(*_unit_sums(scores)))


def agreement(scores: FloatArray, *, draws: int = 1_000, level: float = 0.95, seed: int = 0) -> Agreement:
    """alpha with its bootstrap interval over units.

    Parameters
    ----------
    scores : (U, J) float64
    draws : int
        Resamples, at least 2.
    level : float
        Mass of the interval.
    seed : int

    Raises
    ------
    ConfigError
        `draws` or `level` out of range.
    DataError
        As for `krippendorff_alpha`.
    """
    if draws < 2 or not 0 < level < 1:
        raise ConfigError(f"draws, level: expected at least 2 and inside (0, 1), got {draws} and {level}")
    parts = _unit_sums(scores)
    units = len(parts[0])
    alpha = float(_alpha(*parts))
    if not math.isfinite(alpha):
        return Agreement(alpha, math.nan, math.nan, units)
    picks = generator(seed, _STREAM, "bootstrap").integers(0, units, size=(draws, units))
    step = max(1, _CELLS // units)
    drawn = np.concatenate(
        [_alpha(*(part[picks[at : at + step]] for part in parts)) for at in range(0, draws, step)]
    )
    drawn = drawn[np.isfinite(drawn)]
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(drawn, [tail, 1.0 - tail]).tolist() if len(drawn) else (math.nan, math.nan)
    return Agreement(alpha, low, high, units)


def _unit_sums(scores: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Number, sum and sum of squares of each pairable unit, about the grand mean so that little cancels."""
    x = np.asarray(scores, dtype=np.float64)
    if x.ndim != 2 or np.isinf(x).any():
        raise DataError(
            f"scores: expected finite numbers or NaN of shape (units, judges), got shape {x.shape}"
        )
    x = x[(~np.isnan(x)).sum(axis=1) >= 2]
    seen = ~np.isnan(x)
    count = seen.sum(axis=1).astype(np.float64)
    centre = np.where(seen, x, 0.0).sum() / max(float(count.sum()), 1.0)
    off = np.where(seen, x - centre, 0.0)
    return count, off.sum(axis=1), (off**2).sum(axis=1)


def _alpha(count: FloatArray, total: FloatArray, square: FloatArray) -> FloatArray:
    """From sums of units along the last axis: within a unit each pair weighs 1 / (m - 1). NaN where undefined."""
    n = count.sum(axis=-1)
    enough = n >= 2
    divisor = np.where(enough, n, 2.0)
    observed = (2.0 * (count * square - total**2) / (count - 1.0)).sum(axis=-1) / divisor
    expected = 2.0 * (n * square.sum(axis=-1) - total.sum(axis=-1) ** 2) / (divisor * (divisor - 1.0))
    defined = enough & (expected > 1e-300)
    return np.where(defined, 1.0 - observed / np.where(defined, expected, 1.0), np.nan)
