"""ContestTrade's rules: who did well over the last five days, or is forecast to over the next three."""

from __future__ import annotations

from typing import Any, Literal, final

import numpy as np

from quantrl.errors import ConfigError
from quantrl.selection._ledger_view import LedgerView
from quantrl.selection.baselines._forecast import AHEAD, Forecast
from quantrl.selection.baselines._recent import Recent, best
from quantrl.typing import FloatArray, JsonObject

Mode = Literal["weights", "top3", "learned"]
ROWS = 5
LEAST_SD = 0.01
TOP = 3


@final
class ContestTrade:
    """Scores an agent by mean over standard deviation of its last five matured rows, the deviation at least 1 %.

    Rows are trading days and matured: the released rule scores yesterday with today's open, and counts calendar days.

    Parameters
    ----------
    mode : {"weights", "top3", "learned"}
        Shares in proportion to scores above 0, a third each for the three best, or shares in proportion to the scores of
        forecasts: mean and deviation of the next three rows, from the newest row and means and deviations of the last
        three and five. The released model adds what five judges said; a ledger holds no judges (`quantrl.contest` does).
    model : {"ridge", "lightgbm"}
        Of forecasts.

    Raises
    ------
    ConfigError
        Unknown mode or model, or lightgbm is not installed.

    References
    ----------
    ContestTrade (arXiv 2508.00554).
    """

    def __init__(self, mode: Mode = "weights", *, model: Literal["ridge", "lightgbm"] = "ridge") -> None:
        if mode not in ("weights", "top3", "learned"):
            raise ConfigError(f"mode: expected weights, top3 or learned, got {mode!r}")
        self.mode: Mode = mode
        self.model = model
        self._forecast = Forecast(model) if mode == "learned" else None
        self._recent = Recent(ROWS if self._forecast is None else ROWS + AHEAD)

    def step(self, view: LedgerView, n_agents: int) -> FloatArray:
        """(n_agents,) shares; all cash while no score is above 0, nobody has five rows or forecasts have under 60 samples.

        Raises
        ------
        LookAheadError
            Not a `LedgerView`, or one older than the last.
        """
        score = self._scores(view, n_agents)
        if self.mode == "top3":
            shares = np.zeros(len(score))
            shares[best(score, TOP)] = 1.0 / TOP
            return shares
        gain = np.where(np.isnan(score), 0.0, np.maximum(score, 0.0))
        total = gain.sum()
        found: FloatArray = gain / total if total > 0 else gain
        return found

    def _scores(self, view: LedgerView, n_agents: int) -> FloatArray:
        if self._forecast is None:
            self._recent.update(view, n_agents)
            mean, sd = self._recent.mean_sd(ROWS)
            return mean / np.maximum(sd, LEAST_SD)
        self._recent.update(view, n_agents, self._forecast.teach)
        agents, rows = self._recent.whole(ROWS)
        score = np.full(n_agents, np.nan)
        said = self._forecast.predict(rows) if agents else None
        if said is not None:
            score[agents] = said[0] / np.maximum(said[1], LEAST_SD)
        return score

    def settings(self) -> JsonObject:
        """Parameters."""
        return {"mode": self.mode, "model": self.model}

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        learned = {} if self._forecast is None else {"forecast": self._forecast.state_dict()}
        return {**self._recent.state_dict(), **learned}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped."""
        self._recent.load_state_dict(state)
        if self._forecast is not None:
            self._forecast.load_state_dict(state["forecast"])
