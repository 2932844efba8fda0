"""The last matured net returns of every agent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantrl.errors import LookAheadError
from quantrl.selection._ledger_view import BEGINNING, LedgerView
from quantrl.typing import FloatArray

_ROUNDING = 1e-12


class Recent:
    """Up to `length` rows an agent, oldest first, taken from views as they grow."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.seen = BEGINNING
        self.rounds = 0
        self._newest = BEGINNING
        self._rows: list[list[float]] = []

    def update(
        self, view: LedgerView, n_agents: int, heard: Callable[[list[float]], None] | None = None
    ) -> None:
        """Take what became available since the last view; `heard` is given an agent's last rows after each new one.

        Raises
        ------
        LookAheadError
            Not a `LedgerView`, or one older than the last.
        """
        if not isinstance(view, LedgerView) or view.t < self.seen:
            raise LookAheadError(f"expected a LedgerView of {self.seen} or later")
        rows = uncounted(view.delta(max(self.seen, view.since)).rows, self._newest)
        self.seen = view.t
        self._rows += [[] for _ in range(n_agents - len(self._rows))]
        net = (rows["gross"] - rows["cost"]).tolist()
        for agent, effective, value in zip(
            rows["agent"].tolist(), rows["effective"].tolist(), net, strict=True
        ):
            if effective > self._newest:
                self._newest, self.rounds = effective, self.rounds + 1
            last = self._rows[agent]
            last.append(value)
            del last[: -self.length]
            if heard is not None:
                heard(last)

    def mean_sd(self, rows: int) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation (A,) of the last rows; NaN where an agent has fewer than `rows`.

        A deviation that is rounding is 0.
        """
        mean, sd = np.full((2, len(self._rows)), np.nan)
        for agent, last in enumerate(self._rows):
            if len(last) >= rows:
                values = np.array(last)
                mean[agent], spread = values.mean(), values.std()
                sd[agent] = spread if spread > _ROUNDING * np.abs(values).max() else 0.0
        return mean, sd

    def whole(self, rows: int) -> tuple[list[int], FloatArray]:
        """Agents with at least `rows` rows, and the last of them (k, rows), oldest first."""
        agents = [agent for agent, last in enumerate(self._rows) if len(last) >= rows]
        found = np.array([self._rows[agent][-rows:] for agent in agents])
        return agents, found.reshape(len(agents), rows)

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        own = {"seen": self.seen, "rounds": self.rounds, "newest": self._newest}
        return {**own, "rows": [list(last) for last in self._rows]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped."""
        self.seen, self.rounds, self._newest = (int(state[key]) for key in ("seen", "rounds", "newest"))
        self._rows = [[float(value) for value in last] for last in state["rows"]]


def uncounted(rows: NDArray[Any], newest: int) -> NDArray[Any]:
    """Rows but for corrections of rounds up to `newest` (ns): what was decided rests on them as they were."""
    again = (rows["corrects"] == 1) & (rows["effective"] <= newest)
    return rows[~again] if again.any() else rows


def best(score: FloatArray, k: int) -> list[int]:
    """Agents of the `k` highest scores that are not NaN, ties by id."""
    order = np.argsort(-np.where(np.isnan(score), -np.inf, score), kind="stable")[:k]
    return [agent for agent in order.tolist() if not np.isnan(score[agent])]
