"""The five features of an agent's last scores: newest, and mean and deviation over 3 and over 5 days."""

from __future__ import annotations

import numpy as np

from quantrl.contest.predict.medians import present_median
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray

NAMES = ("last", "mean3", "sd3", "mean5", "sd5")
SPAN = 5


def features(windows: FloatArray) -> FloatArray:
    """Features of windows of scores.

    Parameters
    ----------
    windows : (..., m) float64
        Scores of m >= 5 days, oldest first; NaN = none that day.

    Returns
    -------
    (..., 5) float64
        In the order of `NAMES`; deviations divide by the number of days. A missing score is the median of the scores
        of the last 5 days that are there; all NaN where none is.

    Raises
    ------
    ConfigError
        Windows shorter than 5 days.

    References
    ----------
    Released code of arXiv 2508.00554.
    """
    if windows.shape[-1] < SPAN:
        raise ConfigError(f"m: the features need {SPAN} days or more, got {windows.shape[-1]}")
    x = _imputed(windows[..., -SPAN:])
    last = x[..., -3:]
    columns = (x[..., -1], last.mean(axis=-1), last.std(axis=-1), x.mean(axis=-1), x.std(axis=-1))
    return np.stack(columns, axis=-1)


def judge_features(judged: FloatArray) -> FloatArray:
    """Each judge's score, their mean and their deviation: (..., J) to (..., J + 2); a missing judge is their median."""
    x = _imputed(judged)
    return np.concatenate([x, x.mean(axis=-1, keepdims=True), x.std(axis=-1, keepdims=True)], axis=-1)


def _imputed(x: FloatArray) -> FloatArray:
    """Missing values as the median of the others along the last axis; NaN stays where there is none."""
    missing = np.isnan(x)
    return np.where(missing, present_median(x), x) if missing.any() else x
