"""Equal shares of volatility-scaled agents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from quantrl.selection.frame import ScoreFrame
from quantrl.selection.select import Selection
from quantrl.typing import FloatArray, JsonObject


@final
@dataclass(frozen=True)
class EqualVol:
    """One share of 1/K per slot; as every agent is scaled to the same volatility, so are the slots."""

    def allocate(self, selection: Selection, frame: ScoreFrame) -> FloatArray:
        """(A,) shares; empty slots stay cash."""
        shares = np.zeros(len(frame))
        if selection.agents:
            shares[list(selection.agents)] = 1.0 / selection.k
        return shares

    def settings(self) -> JsonObject:
        """Parameters."""
        return {}
