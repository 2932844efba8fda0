"""Which of many accounts beat a benchmark, with the chance of even one false name under control."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from quantrl.contest.evaluate.resample import Resample
from quantrl.typing import FloatArray

ALPHA, MIN_DAYS = 0.05, 252


def beating(
    names: Sequence[str], net: FloatArray, benchmark: FloatArray, resample: Resample, alpha: float = ALPHA
) -> list[str]:
    """Accounts whose mean net return is above the benchmark's, by step-down multiple testing.

    Parameters
    ----------
    names : sequence of str
        K accounts, every one that was looked at.
    net : (T, K) float64
    benchmark : (T,) float64
    resample : Resample
        Of the T days.
    alpha : float
        Chance of one false name or more.

    Returns
    -------
    list of str
        In the order of `names`.

    References
    ----------
    Romano and Wolf (2005), Stepwise multiple testing as formalized data snooping, Econometrica 73.
    """
    lead = net - benchmark[:, None]
    sd = lead.std(axis=0, ddof=1)
    live = np.flatnonzero(sd > 0)
    lead, sd = lead[:, live], sd[live]
    root = math.sqrt(len(net))
    statistic = root * lead.mean(axis=0) / sd
    null = root * (resample.means(lead) - lead.mean(axis=0)) / sd
    in_test = np.ones(len(live), dtype=np.bool_)
    while in_test.any():
        limit = np.quantile(null[:, in_test].max(axis=1), 1.0 - alpha)
        above = in_test & (statistic > limit)
        if not above.any():
            break
        in_test &= ~above
    return [names[place] for place in live[~in_test]]


def may_claim(names: Sequence[str], net: FloatArray, benchmark: FloatArray, resample: Resample) -> list[str]:
    """Accounts of which "beats" and "skill" may be said: `beating` over at least 252 days, nobody before."""
    return beating(names, net, benchmark, resample) if len(net) >= MIN_DAYS else []
