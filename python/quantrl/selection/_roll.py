"""What the newest row of each agent says of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from quantrl.selection._ledger_view import BEGINNING, LedgerView
from quantrl.typing import FloatArray, IntArray


class Roll:
    """Family and exposure of each agent by its newest known row."""

    def __init__(self) -> None:
        self.family: IntArray = np.zeros(0, dtype=np.int64)
        self.exposure: FloatArray = np.zeros(0)
        self._decided: IntArray = np.zeros(0, dtype=np.int64)

    def update(self, view: LedgerView, since: int) -> None:
        """Take the rows known since.

        Parameters
        ----------
        view : LedgerView
        since : int
            Time of the last view, ns.
        """
        self._grow(view.n_agents)
        rows = view.delta(max(since, view.since)).rows
        # Of two rows of one agent the later decision is written last.
        rows = rows[np.argsort(rows["decided"], kind="stable")]
        rows = rows[rows["decided"] >= self._decided[rows["agent"]]]
        agent = rows["agent"]
        self.family[agent], self.exposure[agent] = rows["family"], rows["exposure"]
        self._decided[agent] = rows["decided"]

    def names(self, families: Sequence[str]) -> tuple[str, ...]:
        """Family of each agent by name."""
        return tuple(families[number] if number >= 0 else "" for number in self.family.tolist())

    def _grow(self, n: int) -> None:
        missing = n - len(self.family)
        if missing > 0:
            self.family = np.append(self.family, np.full(missing, -1))
            self.exposure = np.append(self.exposure, np.full(missing, np.nan))
            self._decided = np.append(self._decided, np.full(missing, BEGINNING))

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        return {
            "family": self.family.tolist(),
            "exposure": [None if value != value else value for value in self.exposure.tolist()],
            "decided": self._decided.tolist(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped."""
        self.family, self._decided = (np.array(state[name], dtype=np.int64) for name in ("family", "decided"))
        exposure = [np.nan if value is None else value for value in state["exposure"]]
        self.exposure = np.array(exposure, dtype=np.float64)
