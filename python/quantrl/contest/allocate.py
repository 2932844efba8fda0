"""Capital in proportion to what is predicted: eq. (8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from quantrl.selection.frame import ScoreFrame
from quantrl.selection.select import Selection
from quantrl.typing import FloatArray, JsonObject


def shares(utilities: FloatArray) -> FloatArray:
    """w_i = max(0, u_i) / sum_j max(0, u_j), eq. (8).

    Parameters
    ----------
    utilities : (A,) float64
        NaN = abstains today: no share.

    Returns
    -------
    (A,) float64
        Sums to 1, or to 0 where no utility is above 0: all cash.
    """
    positive = np.where(utilities > 0, utilities, 0.0)
    largest = float(positive.max(initial=0.0))
    if largest == 0.0:
        return np.zeros(len(positive))
    relative: FloatArray = positive / largest
    return relative / float(relative.sum())


@final
@dataclass(frozen=True)
class PaperShares:
    """Eq. (8) among the selected; the others get nothing."""

    def allocate(self, selection: Selection, frame: ScoreFrame) -> FloatArray:
        """(A,) shares, none negative, summing to 1 or, where no selected utility is above 0, to 0."""
        utilities = np.full(len(frame), np.nan)
        chosen = list(selection.agents)
        utilities[chosen] = frame.mean[chosen]
        return shares(utilities)

    def settings(self) -> JsonObject:
        """Parameters."""
        return {}
