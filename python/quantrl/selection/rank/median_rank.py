"""The place in the middle of the ballots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from quantrl.selection.rank._voting import Opinions, Voting
from quantrl.typing import FloatArray

_ROUNDING = 1e-12


@final
@dataclass(frozen=True)
class MedianRank(Voting):
    """Orders by the weighted median of places, so that voters with less than half of the weight cannot move an agent
    beyond the places the others give it.

    Where half of the weight lies on each side it is the mean of the two places in the middle.
    """

    def keys(self, opinions: Opinions) -> FloatArray:
        """(m,) the median place, negated."""
        order = np.argsort(opinions.places, axis=0, kind="stable")
        places = np.take_along_axis(opinions.places, order, axis=0)
        weight = np.cumsum(opinions.weights[order], axis=0)
        low = np.argmax(weight >= 0.5 - _ROUNDING, axis=0)
        high = np.argmax(weight > 0.5 + _ROUNDING, axis=0)
        columns = np.arange(places.shape[1])
        middle: FloatArray = (places[low, columns] + places[high, columns]) / 2
        return -middle
