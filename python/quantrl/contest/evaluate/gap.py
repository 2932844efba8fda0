"""A difference of two paired quantities: its interval, its p-value, and the smallest one these data could show."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np

from quantrl import _core
from quantrl.contest.evaluate.resample import bounds
from quantrl.typing import FloatArray, JsonObject

VISIBLE = 2.8
"""Standard errors a true difference needs to be seen at the 5 % level in 80 of 100 repeats: 1.96 + 0.84."""


@dataclass(frozen=True)
class Gap:
    """A paired difference.

    Attributes
    ----------
    value, low, high : float
        NaN where undefined.
    p : float
        Two-sided, of the bootstrap centred on a difference of 0.
    se : float
        Standard deviation of the replicates.
    visible : float
        Smallest true difference visible at 80 % power, 2.8 `se`.
    reason : str
        ``ok``, or why there is no value.
    """

    value: float
    low: float
    high: float
    p: float
    se: float
    visible: float
    reason: str = "ok"

    @property
    def holds_zero(self) -> bool:
        """Whether the interval contains 0; so it does where there is none."""
        return not (self.low > 0 or self.high < 0)

    def json(self) -> JsonObject:
        """As in ``report.json``: None for NaN."""
        return {
            key: None if isinstance(value, float) and not math.isfinite(value) else value
            for key, value in asdict(self).items()
        }


def gap(value: float, draws: FloatArray, reason: str = "ok") -> Gap:
    """The difference `value` with replicates (draws,) of it; replicates without a value are left out."""
    defined = np.ascontiguousarray(draws[np.isfinite(draws)])
    if not math.isfinite(value) or len(defined) < 2:
        return no_gap(reason if reason != "ok" else "undefined")
    low, high = bounds(defined)
    se = float(defined.std(ddof=1))
    return Gap(value, low, high, _core.centred_p_value(defined, value, True), se, VISIBLE * se, reason)


def no_gap(reason: str) -> Gap:
    """A difference without a value."""
    return Gap(math.nan, math.nan, math.nan, math.nan, math.nan, math.nan, reason)
