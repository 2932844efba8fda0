"""ContestTrade's rule without its learned part: who did well over the last five days."""

from __future__ import annotations

from typing import Any, Literal, final

import numpy as np

from quantrl.errors import ConfigError
from quantrl.selection._ledger_view import LedgerView
from quantrl.selection.baselines._recent import Recent, best
from quantrl.typing import FloatArray, JsonObject

ROWS = 5
LEAST_SD = 0.01
TOP = 3


@final
class ContestTrade:
    """Scores an agent by mean over standard deviation of its last five matured rows, the deviation at least 1 %.

    Rows are trading days and matured: the released rule scores yesterday with today's open, and counts calendar days.

    Parameters
    ----------
    mode : {"weights", "top3"}
        Shares in proportion to scores above 0, or a third each for the three best.

    References
    ----------
    ContestTrade (arXiv 2508.00554).
    """

    def __init__(self, mode: Literal["weights", "top3"] = "weights") -> None:
        if mode not in ("weights", "top3"):
            raise ConfigError(f"mode: expected weights or top3, got {mode!r}")
        self.mode: Literal["weights", "top3"] = mode
        self._recent = Recent(ROWS)

    def step(self, view: LedgerView, n_agents: int) -> FloatArray:
        """(n_agents,) shares; all cash while no score is above 0 (``weights``) or nobody has five rows.

        Raises
        ------
        LookAheadError
            Not a `LedgerView`, or one older than the last.
        """
        self._recent.update(view, n_agents)
        mean, sd = self._recent.mean_sd(ROWS)
        score = mean / np.maximum(sd, LEAST_SD)
        if self.mode == "top3":
            shares = np.zeros(len(score))
            shares[best(score, TOP)] = 1.0 / TOP
            return shares
        gain = np.where(np.isnan(score), 0.0, np.maximum(score, 0.0))
        total = gain.sum()
        found: FloatArray = gain / total if total > 0 else gain
        return found

    def settings(self) -> JsonObject:
        """Parameters."""
        return {"mode": self.mode}

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        return self._recent.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped."""
        self._recent.load_state_dict(state)
