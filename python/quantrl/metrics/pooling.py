"""Scores of many runs, such as seeds times folds, as one number with a stratified bootstrap interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quantrl import _core
from quantrl.errors import ConfigError, DataError
from quantrl.metrics._arrays import as_column, check_finite
from quantrl.metrics._settings import whole
from quantrl.typing import FloatArray, IntArray


@dataclass(frozen=True)
class Pooled:
    """A pooled score with its percentile interval.

    Attributes
    ----------
    value, low, high : float
        Of all runs, and the bounds.
    level : float
        Coverage.
    draws, seed : int
        Of the bootstrap.
    """

    value: float
    low: float
    high: float
    level: float
    draws: int
    seed: int


def iqm(
    values: ArrayLike,
    strata: ArrayLike | None = None,
    *,
    level: float = 0.95,
    draws: int = 5000,
    seed: int = 0,
    stream: int = 0,
) -> Pooled:
    """Interquartile mean: of what is left after cutting the floor(m / 4) smallest and largest of m values.

    Parameters
    ----------
    values : (m,) float64
        One score per run, m of at least 1. NaN is refused.
    strata : (m,) of int or str, optional
        Group of each run, such as its fold; runs are resampled within their group. One group by default.
    level : float
        Coverage, inside (0, 1).
    draws : int
        Bootstrap replicates.
    seed, stream : int
        Address of the random numbers.

    Raises
    ------
    DataError
        A value is not finite, there is none, or the lengths differ.
    ConfigError
        A setting is out of range.

    Notes
    -----
    The interval speaks of new runs on the same strata, not of new strata. A stratum of one run never varies.

    References
    ----------
    Agarwal, Schwarzer, Castro, Courville and Bellemare (2021), Deep reinforcement learning at the edge of the
    statistical precipice, NeurIPS.
    """
    scores = _scores(values, "values")
    (codes,) = _codes((scores, strata, "strata"))
    made = _core.bootstrap_iqm(
        scores, codes, whole("draws", draws), whole("seed", seed), whole("stream", stream)
    )
    return _pooled(_core.iqm(scores), made, level, seed)


def probability_of_improvement(
    values: ArrayLike,
    others: ArrayLike,
    strata: ArrayLike | None = None,
    other_strata: ArrayLike | None = None,
    *,
    level: float = 0.95,
    draws: int = 5000,
    seed: int = 0,
    stream: int = 0,
) -> Pooled:
    """Chance that a run beats a run of the other method in the same stratum, averaged over the strata.

    Parameters
    ----------
    values, others : (m,), (n,) float64
        One score per run of each method; a tie counts one half. A method without chance has one run per stratum.
    strata, other_strata : (m,), (n,) of int or str, optional
        Group of each run; both methods must have the same groups.
    level, draws, seed, stream
        As in `iqm`; the methods are resampled independently.

    Raises
    ------
    DataError
        As in `iqm`, or a group is missing on one side.
    ConfigError
        A setting is out of range.

    References
    ----------
    Agarwal et al. (2021), section 4.3, as cited in `iqm`.
    """
    ours, theirs = _scores(values, "values"), _scores(others, "others")
    codes, other_codes = _codes((ours, strata, "strata"), (theirs, other_strata, "other_strata"))
    value, made = _core.bootstrap_improvement(
        ours, codes, theirs, other_codes, whole("draws", draws), whole("seed", seed), whole("stream", stream)
    )
    return _pooled(value, made, level, seed)


def _scores(values: ArrayLike, name: str) -> FloatArray:
    scores = as_column(values, name)
    check_finite(scores, name)
    if not scores.size:
        raise DataError(f"{name}: expected at least one value, got none")
    return scores


def _codes(*sides: tuple[FloatArray, ArrayLike | None, str]) -> list[IntArray]:
    """The groups of every side as numbers from 0 that mean the same on all sides."""
    labels = [_labels(*side) for side in sides]
    names = [set(side.tolist()) for side in labels]
    if any(side != names[0] for side in names):
        first = min(names[0] ^ names[-1], key=str)
        raise DataError(f"{sides[-1][2]}: expected the same strata on both sides, {first!r} is on one only")
    known = np.unique(labels[0])
    return [np.searchsorted(known, side).astype(np.int64) for side in labels]


def _labels(scores: FloatArray, strata: ArrayLike | None, name: str) -> NDArray[np.int64] | NDArray[np.str_]:
    labels = np.zeros(len(scores), dtype=np.int64) if strata is None else np.asarray(strata)
    if labels.shape != scores.shape or labels.dtype.kind not in "iuU":
        raise DataError(
            f"{name}: expected one int or str per value, shape {scores.shape}, got shape {labels.shape} "
            f"of {labels.dtype}"
        )
    return labels


def _pooled(value: float, made: FloatArray, level: float, seed: int) -> Pooled:
    if not 0.0 < level < 1.0:
        raise ConfigError(f"level: expected a number inside (0, 1), got {level!r}")
    low, high = np.quantile(made, [(1.0 - level) / 2, (1.0 + level) / 2])
    return Pooled(value, float(low), float(high), level, len(made), whole("seed", seed))
