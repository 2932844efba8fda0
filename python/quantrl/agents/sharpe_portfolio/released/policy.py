"""What a policy did, read from its weights: they are a softmax of numbers clipped to [0, 1]."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantrl.agents.sharpe_portfolio.released.result import ReleasedResult
from quantrl.typing import FloatArray

_NOISE = 1e-4
"""Of a logit recovered from 32-bit weights."""


@dataclass(frozen=True)
class Policy:
    """Logits recovered from the weights of the rows after the reset.

    Attributes
    ----------
    days : int
        Rows whose logits are known: one of them 0 and one 1, so that the softmax has but one source.
    rows : int
        All rows after the reset.
    same : int
        Days with the most frequent pattern of logits at 0, at 1 and between.
    spread : float
        Population standard deviation of the first risky logit.
    autocorrelation : float
        Its lag-1 autocorrelation; NaN where it does not vary.
    """

    days: int
    rows: int
    same: int
    spread: float
    autocorrelation: float


def read_policy(result: ReleasedResult) -> Policy | None:
    """Recover the logits; None where the weights are no softmax of numbers in [0, 1], or on fewer than 3 days known."""
    weights = result.weights[1:]
    if (weights <= 0).any():
        return None
    logs = np.log(weights)
    gap = np.ptp(logs, axis=1)
    known = np.abs(gap - 1) <= _NOISE
    if (gap > 1 + _NOISE).any() or known.sum() < 3:
        return None
    logits = logs[known] - logs[known].min(axis=1, keepdims=True)
    pattern = (logits > _NOISE).astype(np.int8) + (logits > 1 - _NOISE)
    _, counts = np.unique(pattern, axis=0, return_counts=True)
    first = logits[:, 1]
    return Policy(int(known.sum()), len(weights), int(counts.max()), float(first.std()), _lag_one(first))


def _lag_one(series: FloatArray) -> float:
    centred = series - series.mean()
    if np.ptp(series) <= _NOISE:
        return float("nan")
    return float((centred[1:] * centred[:-1]).sum() / (centred**2).sum())
