"""What least squares says of a spread that reverts, put right."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from quantrl.typing import FloatArray

HIGHEST = 1.0 - 1e-6
Slope = TypeVar("Slope", float, FloatArray)


def unbiased(slope: Slope, n: int) -> Slope:
    """phi of an AR(1) with a fitted mean from its slope over n steps, at most `HIGHEST`: slopes come out too low.

    References
    ----------
    Marriott and Pope (1954), Bias in the estimation of autocorrelations, Biometrika 41; Kendall (1954), the same volume.
    """
    found: Slope = np.minimum(slope + (1.0 + 3.0 * slope) / n, HIGHEST)
    return found
