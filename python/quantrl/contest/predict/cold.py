"""What stands in for a utility while an agent is new, and what an absence means."""

from __future__ import annotations

from typing import Literal

import numpy as np

from quantrl.contest.predict import Prediction
from quantrl.errors import ConfigError
from quantrl.typing import BoolArray, FloatArray

Cold = Literal["equal", "cash"]
COLD = ("equal", "cash")


def utilities(
    prediction: Prediction, present: BoolArray | None = None, *, cold: Cold = "equal"
) -> FloatArray:
    """Utilities to choose by.

    Parameters
    ----------
    prediction : Prediction
    present : (A,) bool, optional
        Who has a factor or a signal today; all by default.
    cold : {'equal', 'cash'}
        While nobody is warm: everybody 1, or everybody 0.

    Returns
    -------
    (A,) float64
        u of the warm. A cold agent gets the median of the warm, at least 0. NaN where an agent abstains today.

    Raises
    ------
    ConfigError
        Another `cold`.
    """
    if cold not in COLD:
        raise ConfigError(f"cold: expected one of {', '.join(COLD)}, got {cold!r}")
    warm = prediction.warm
    if warm.any():
        stand_in = max(0.0, float(np.median(prediction.u[warm])))
    else:
        stand_in = 1.0 if cold == "equal" else 0.0
    u = np.where(warm, prediction.u, stand_in)
    return u if present is None else np.where(present, u, np.nan)
