"""From scores to long-only weights. NaN is a score that could not be computed: its name gets nothing."""

from __future__ import annotations

import numpy as np

from quantrl.typing import BoolArray, FloatArray


def priced(scores: FloatArray, last: FloatArray) -> FloatArray:
    """The scores (n,), NaN for a name that has no price now."""
    return np.where(np.isnan(last), np.nan, scores)


def top(scores: FloatArray, k: int) -> BoolArray:
    """Mask (n,) of the `k` highest scores, fewer where fewer are known; ties go to the lower index."""
    order = (-scores).argsort(kind="stable")[:k]
    chosen = np.zeros(scores.shape, dtype=np.bool_)
    chosen[order] = True
    return chosen & np.isfinite(scores)


def equal(chosen: BoolArray) -> FloatArray:
    """The same weight (n,) for every chosen name, summing to one; zeros where none is chosen."""
    weights: FloatArray = np.multiply(chosen, 1.0 / max(int(np.count_nonzero(chosen)), 1))
    return weights


def slots(chosen: BoolArray, known: BoolArray) -> FloatArray:
    """One slot (n,) of equal size for every known name; the slots of those not chosen stay in cash."""
    weights: FloatArray = np.multiply(chosen & known, 1.0 / max(int(np.count_nonzero(known)), 1))
    return weights


def proportional(sizes: FloatArray) -> FloatArray:
    """Weights (n,) in proportion to `sizes`, summing to one; NaN and negative sizes count as zero."""
    kept = np.where(sizes > 0, sizes, 0.0)
    total = kept.sum()
    return kept / total if total > 0 else kept
