"""The control: agents drawn once, whatever they earn."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from quantrl.errors import ConfigError
from quantrl.rng import generator
from quantrl.selection._ledger_view import LedgerView
from quantrl.selection.select.top_k import TopK
from quantrl.typing import FloatArray, JsonObject


@final
class RandomK:
    """K agents drawn once from the seed, 1/K each, for ever.

    Parameters
    ----------
    k : int, optional
        How many; without it as many as `TopK` would fund if all were ready.
    seed : int
    """

    def __init__(self, k: int | None = None, *, seed: int = 0) -> None:
        if k is not None and k < 1:
            raise ConfigError(f"k: expected at least 1, got {k}")
        self.k, self.seed = k, seed
        self._chosen: list[int] = []

    def step(self, view: LedgerView, n_agents: int) -> FloatArray:
        """(n_agents,) shares, the same every time."""
        if not self._chosen:
            k = min(n_agents, self.k or TopK().slots(n_agents))
            draw = generator(self.seed, 0, "baseline").permutation(n_agents)[:k]
            self._chosen = sorted(draw.tolist())
        shares = np.zeros(n_agents)
        shares[self._chosen] = 1.0 / len(self._chosen)
        return shares

    def settings(self) -> JsonObject:
        """Parameters."""
        return {"k": self.k, "seed": self.seed}

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        return {"chosen": list(self._chosen)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped."""
        self._chosen = [int(agent) for agent in state["chosen"]]
