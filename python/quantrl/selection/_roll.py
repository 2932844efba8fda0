"""What the newest row of each agent says of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from quantrl.selection._ledger_view import BEGINNING, LedgerView
from quantrl.typing import FloatArray, IntArray


class Roll:
    """Version, family and exposure of each agent by its newest known row."""

    def __init__(self) -> None:
        self.family: IntArray = np.zeros(0, dtype=np.int64)
        self.exposure: FloatArray = np.zeros(0)
        self._version: IntArray = np.zeros(0, dtype=np.int64)
        self._decided: IntArray = np.zeros(0, dtype=np.int64)

    def update(self, view: LedgerView, since: int) -> tuple[int, ...]:
        """Take the rows known since; returns the agents that were changed.

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
        agent, before = rows["agent"], self._version.copy()
        self.family[agent], self.exposure[agent] = rows["family"], rows["exposure"]
        self._version[agent], self._decided[agent] = rows["version"], rows["decided"]
        return tuple(np.flatnonzero((before >= 0) & (self._version != before)).tolist())

    def names(self, families: Sequence[str]) -> tuple[str, ...]:
        """Family of each agent by name."""
        return tuple(families[number] if number >= 0 else "" for number in self.family.tolist())

    def _grow(self, n: int) -> None:
        missing = n - len(self.family)
        if missing > 0:
            unknown = np.full(missing, -1)
            self.family = np.append(self.family, unknown)
            self._version = np.append(self._version, unknown)
            self.exposure = np.append(self.exposure, np.full(missing, np.nan))
            self._decided = np.append(self._decided, np.full(missing, BEGINNING))

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        return {
            "family": self.family.tolist(),
            "exposure": [None if value != value else value for value in self.exposure.tolist()],
            "version": self._version.tolist(),
            "decided": self._decided.tolist(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped."""
        self.family, self._version, self._decided = (
            np.array(state[name], dtype=np.int64) for name in ("family", "version", "decided")
        )
        exposure = [np.nan if value is None else value for value in state["exposure"]]
        self.exposure = np.array(exposure, dtype=np.float64)
