"""What is known of many costs at once: exact at some, interpolated between them."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from quantrl import _core
from quantrl.agents.dqn_statarb.truth import ou_optimum, ou_rule

STEP = 0.2
"""Between two logarithms of costs that are solved; interpolated values are within 1e-3 of solved ones."""


class Known(NamedTuple):
    """Long-run values in kappa s: of the optimum, and of the rule that turns at its shifted threshold."""

    best: float
    rule: float


def known(kappa_dt: float, cost: float) -> Known:
    """At a cost in s, linear in its logarithm between costs a fifth apart; solved for a cost of 0."""
    if cost == 0:
        return _solved(kappa_dt, 0.0)
    place = math.log(cost) / STEP
    below = math.floor(place)
    left, right = (_solved(kappa_dt, math.exp(STEP * node)) for node in (below, below + 1))
    part = place - below
    return Known(*(a + part * (b - a) for a, b in zip(left, right, strict=True)))


@lru_cache(maxsize=256)
def _solved(kappa_dt: float, cost: float) -> Known:
    threshold = _core.ou_shifted(cost, kappa_dt)
    return Known(ou_optimum(kappa_dt, cost).value, ou_rule(kappa_dt, cost, threshold).value)
