"""How much may be at work, voted so that nobody gains by exaggerating."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy as np

from quantrl.selection.frame import ScoreFrame
from quantrl.selection.learning import News
from quantrl.selection.select import Selection
from quantrl.typing import FloatArray, JsonObject


@final
class UniformPhantom:
    """One share of 1/K per slot, cut where an agent's exposure exceeds what the funded agents vote for together.

    Each funded agent votes with the exposure of its newest matured row, at most 1. Above the outcome E its share is
    multiplied by E over its exposure, so that a loud agent is held to what all agree on and a quiet one keeps its own.

    References
    ----------
    Moulin (1980), On strategy-proofness and single peakedness, Public Choice 35(4); Freeman, Pennock, Peters and Wortman
    Vaughan (2021), Truthful aggregation of budget proposals, J. Econ. Theory 193.
    """

    def __init__(self) -> None:
        self._exposure: FloatArray = np.zeros(0)

    def learn(self, news: News) -> None:
        """See what agents had at work."""
        self._exposure = news.exposure

    def allocate(self, selection: Selection, frame: ScoreFrame) -> FloatArray:
        """(A,) shares; empty slots and what is cut stay cash."""
        shares = np.zeros(len(frame))
        ids = list(selection.agents)
        if ids:
            own = self._exposure[ids] if len(self._exposure) == len(frame) else np.zeros(len(ids))
            reports = np.clip(np.nan_to_num(own, nan=0.0), 0.0, 1.0)
            outcome = uniform_phantom(reports.tolist())
            cut = np.divide(outcome, reports, out=np.ones(len(ids)), where=reports > outcome)
            shares[ids] = cut / selection.k
        return shares

    def settings(self) -> JsonObject:
        """Parameters."""
        return {}

    def state_dict(self) -> dict[str, Any]:
        """Nothing is kept from one decision to the next."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing to continue from."""


def uniform_phantom(reports: Sequence[float]) -> float:
    """The n-th smallest of n reports and the phantoms 1/n, 2/n ... (n - 1)/n.

    Parameters
    ----------
    reports : sequence of float
        At least one, in [0, 1].

    Returns
    -------
    float in [0, 1]
        Between the smallest and largest report. Whoever wants a level can only move the outcome away from it.
    """
    n = len(reports)
    return sorted([*reports, *(i / n for i in range(1, n))])[n - 1]
