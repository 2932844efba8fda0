"""The best Sharpe ratio over a window, looked at every day or every quarter."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from quantrl.errors import ConfigError
from quantrl.selection._ledger_view import LedgerView
from quantrl.selection.baselines._recent import Recent, best
from quantrl.typing import FloatArray, JsonObject

LEAST_ROWS = 63


@final
class RollingSharpe:
    """Funds the `top_k` agents of highest Sharpe ratio over their last `window` net returns, 1/top_k each.

    With its defaults it is FinRL's ensemble rule: every 63 rounds the best one of the last 63, kept until the next look.
    An agent counts from 63 rows on, and never while its returns do not vary: without variance a gain is not an infinite
    ratio.

    Parameters
    ----------
    window : int
        Rows, at least 63.
    top_k : int
        Slots.
    every : int
        Rounds between two looks; 1 looks at every decision.

    References
    ----------
    Yang, Liu, Zhong and Walid (2020), Deep reinforcement learning for automated stock trading: an ensemble strategy.
    """

    def __init__(self, window: int = 63, top_k: int = 1, *, every: int = 63) -> None:
        if window < LEAST_ROWS or top_k < 1 or every < 1:
            raise ConfigError(
                f"expected window of at least {LEAST_ROWS}, top_k and every of at least 1, got {window}, {top_k} and {every}"
            )
        self.window, self.top_k, self.every = window, top_k, every
        self._recent = Recent(window)
        self._looked = 0
        self._held: list[int] = []

    def step(self, view: LedgerView, n_agents: int) -> FloatArray:
        """(n_agents,) shares; all cash until someone has 63 rows.

        Raises
        ------
        LookAheadError
            Not a `LedgerView`, or one older than the last.
        """
        self._recent.update(view, n_agents)
        if not self._held or self._recent.rounds >= self._looked + self.every:
            mean, sd = self._recent.mean_sd(LEAST_ROWS)
            known = sd > 0
            score = np.divide(mean, sd, out=np.full(len(sd), np.nan), where=known)
            self._held, self._looked = best(score, self.top_k), self._recent.rounds
        shares = np.zeros(n_agents)
        shares[self._held] = 1.0 / self.top_k
        return shares

    def settings(self) -> JsonObject:
        """Parameters."""
        return {"window": self.window, "top_k": self.top_k, "every": self.every}

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        return {"looked": self._looked, "held": list(self._held), "recent": self._recent.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped."""
        self._looked, self._held = int(state["looked"]), [int(agent) for agent in state["held"]]
        self._recent.load_state_dict(state["recent"])
