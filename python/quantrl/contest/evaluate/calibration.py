"""Whether stated probabilities come true: Brier and log scores, skill, and the reliability of ten bins."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from quantrl import _core
from quantrl.errors import DataError
from quantrl.typing import BoolArray, FloatArray, IntArray

CLIP = (0.01, 0.99)
BINS = 10


@dataclass(frozen=True)
class Reliability:
    """Ten bins of stated probability, [0, .1), .. [.9, 1]; every array is (10,), NaN where a bin is empty.

    Attributes
    ----------
    count : int64
    stated : float64
        Mean probability stated.
    share : float64
        Share that came true.
    low, high : float64
        Wilson's interval of the share.
    """

    count: IntArray
    stated: FloatArray
    share: FloatArray
    low: FloatArray
    high: FloatArray


def checked_pairs(probability: FloatArray, outcome: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Probabilities and outcomes (0 or 1) as (n,) float64.

    Raises
    ------
    DataError
        Different lengths, a probability outside [0, 1], an outcome that is neither 0 nor 1; the message has the row.
    """
    p, y = np.asarray(probability, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    if p.ndim != 1 or p.shape != y.shape:
        raise DataError(f"outcome: expected one a probability, {p.shape}, got {y.shape}")
    for name, wrong, values in (
        ("probability: expected 0 to 1", ~((p >= 0) & (p <= 1)), p),
        ("outcome: expected 0 or 1", ~((y == 0) | (y == 1)), y),
    ):
        if wrong.any():
            row = int(np.argmax(wrong))
            raise DataError(f"{name}, row {row} is {values[row]}")
    return p, y


def brier(probability: FloatArray, outcome: FloatArray) -> float:
    """Mean squared distance of probability and outcome: 0 is best, .25 is a coin. NaN without rows."""
    p, y = checked_pairs(probability, outcome)
    return float(((p - y) ** 2).mean()) if len(p) else math.nan


def log_score(probability: FloatArray, outcome: FloatArray) -> float:
    """Mean of -log of the probability of what happened, clipped to .01 .. .99; 0 is best. NaN without rows."""
    p, y = checked_pairs(probability, outcome)
    stated = np.clip(np.where(y == 1, p, 1.0 - p), *CLIP)
    return float(-np.log(stated).mean()) if len(p) else math.nan


def brier_skill(probability: FloatArray, outcome: FloatArray, decided: IntArray, matured: IntArray) -> float:
    """1 - Brier / Brier of the base rate known at each decision.

    Parameters
    ----------
    probability, outcome : (n,) float64
    decided, matured : (n,) int64
        When each was stated and when its outcome was known, ns.

    Returns
    -------
    float
        Over the rows with a base rate, the share of outcomes matured by then that came true; NaN where there is none
        or it was always right.
    """
    p, y = checked_pairs(probability, outcome)
    base = base_rate(y, decided, matured)
    known = ~np.isnan(base)
    reference = float(((base[known] - y[known]) ** 2).sum())
    return 1.0 - float(((p[known] - y[known]) ** 2).sum()) / reference if reference > 0 else math.nan


def base_rate(outcome: FloatArray, decided: IntArray, matured: IntArray) -> FloatArray:
    """(n,) share of the outcomes matured at or before each decision that came true; NaN while there is none."""
    order = np.argsort(matured, kind="stable")
    hits = np.concatenate([[0.0], np.cumsum(outcome[order])])
    known = np.searchsorted(matured[order], decided, side="right")
    return np.where(known > 0, hits[known] / np.maximum(known, 1), np.nan)


def reliability(probability: FloatArray, outcome: FloatArray, *, level: float = 0.95) -> Reliability:
    """Stated against realised in ten bins of equal width."""
    p, y = checked_pairs(probability, outcome)
    place = np.minimum((p * BINS).astype(np.int64), BINS - 1)
    count = np.bincount(place, minlength=BINS)
    filled = count > 0
    n = np.maximum(count, 1)
    stated = np.where(filled, np.bincount(place, p, BINS) / n, np.nan)
    hits: FloatArray = np.bincount(place, y, BINS).astype(np.float64)
    low, high = wilson(hits, count, level=level)
    return Reliability(count.astype(np.int64), stated, np.where(filled, hits / n, np.nan), low, high)


def wilson(hits: FloatArray, count: IntArray, *, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Wilson's score interval of a share, NaN where nothing was counted.

    References
    ----------
    Wilson (1927), J. Am. Stat. Assoc. 22.
    """
    z = float(_core.normal_quantile(np.array([0.5 + level / 2.0]))[0])
    filled: BoolArray = count > 0
    n = np.where(filled, count, 1).astype(np.float64)
    share = hits / n
    centre = share + z * z / (2.0 * n)
    half = z * np.sqrt(share * (1.0 - share) / n + z * z / (4.0 * n * n))
    low, high = ((centre + sign * half) / (1.0 + z * z / n) for sign in (-1.0, 1.0))
    return np.where(filled, np.maximum(low, 0.0), np.nan), np.where(filled, np.minimum(high, 1.0), np.nan)
