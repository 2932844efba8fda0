"""Points for every agent placed below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from quantrl.selection.rank._voting import Opinions, Voting
from quantrl.typing import FloatArray


@final
@dataclass(frozen=True)
class Borda(Voting):
    """Orders by the weighted mean of points, m less the place among m agents.

    A voter of weight a changes an agent's points by at most ``(m - 1) a / sum of weights``, whatever it says.

    References
    ----------
    Borda (1781), Mémoire sur les élections au scrutin.
    """

    def keys(self, opinions: Opinions) -> FloatArray:
        """(m,) points."""
        points: FloatArray = len(opinions.agents) - np.einsum("v,vi->i", opinions.weights, opinions.places)
        return points
