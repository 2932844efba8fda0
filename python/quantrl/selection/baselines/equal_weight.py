"""Everybody gets the same."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from quantrl.selection._ledger_view import LedgerView
from quantrl.typing import FloatArray, JsonObject


@final
class EqualWeight:
    """One share of 1/N per agent, from the first decision on."""

    def step(self, view: LedgerView, n_agents: int) -> FloatArray:
        """(n_agents,) equal shares."""
        return np.full(n_agents, 1.0 / max(1, n_agents))

    def settings(self) -> JsonObject:
        """Parameters."""
        return {}

    def state_dict(self) -> dict[str, Any]:
        """Nothing is remembered."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing is remembered."""
