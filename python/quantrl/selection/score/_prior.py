"""Priors of the default score beside the plain one: by family, or with variances weighed."""

from __future__ import annotations

import numpy as np

from quantrl.selection.score._decayed import LEAST_PRIOR
from quantrl.typing import BoolArray, FloatArray, IntArray

LEAST_MEMBERS = 5


def spread(s: FloatArray, v: FloatArray, *, weighed: bool) -> float:
    """Variance of true scores behind estimates with variances v; (k,) each.

    Parameters
    ----------
    s, v : (k,) float64
    weighed : bool
        Weigh estimates by 1 / v, as DerSimonian and Laird do, and not alike.

    References
    ----------
    DerSimonian and Laird (1986), Meta-analysis in clinical trials, Controlled Clinical Trials 7.
    """
    if len(s) < 2:
        return LEAST_PRIOR
    if not weighed:
        return max(LEAST_PRIOR, float(s.var(ddof=1) - v.mean()))
    w = 1.0 / v
    total = w.sum()
    excess = (w * (s - (w * s).sum() / total) ** 2).sum() - (len(s) - 1)
    return max(LEAST_PRIOR, float(excess / (total - (w * w).sum() / total)))


def posterior(
    s: FloatArray, v: FloatArray, ready: BoolArray, family: IntArray | None, *, weighed: bool
) -> tuple[FloatArray, FloatArray]:
    """Mean and deviation (A,) of every ready agent; NaN elsewhere.

    Parameters
    ----------
    s, v : (A,) float64
        Scores and their variances.
    ready : (A,) bool
    family : (A,) int64, optional
        Families with at least 5 ready members have a prior of their own; the others, and all without it, the common one.
    weighed : bool
        As in `spread`.
    """
    mean, sd = np.full((2, len(s)), np.nan)
    groups = (
        [ready] if family is None else [ready, *(ready & (family == f) for f in np.unique(family[ready]))]
    )
    for at, group in enumerate(groups):
        if not group.any() or (at and np.count_nonzero(group) < LEAST_MEMBERS):
            continue
        centre, prior = s[group].mean(), spread(s[group], v[group], weighed=weighed)
        keep = prior / (prior + v[group])
        mean[group] = centre + keep * (s[group] - centre)
        sd[group] = np.sqrt(keep * v[group])
    return mean, sd
