"""What the contest has to be compared with: other ways to share capital among the same agents. One class per file."""

from __future__ import annotations

from typing import Any, Protocol

from quantrl.selection._ledger_view import LedgerView
from quantrl.typing import FloatArray, JsonObject


class Baseline(Protocol):
    """Capital shares from the same ledger views; agents are scaled as in the contest."""

    def step(self, view: LedgerView, n_agents: int) -> FloatArray:
        """(n_agents,) shares, none negative, summing to at most one.

        Raises
        ------
        LookAheadError
            Not a `LedgerView`, or one older than the last.
        """
        ...

    def settings(self) -> JsonObject:
        """Parameters."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped."""
        ...
