"""The further a price is below its mean, the more of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from quantrl.agent import AgentSpec, Decision
from quantrl.agents.rules._decision import decision, waiting
from quantrl.agents.rules._indicators import mean_and_spread
from quantrl.agents.rules._parameters import real, whole
from quantrl.agents.rules._weights import slots
from quantrl.data import View

SPEC = AgentSpec(
    id="rules/zscore_reversion",
    kind="rule",
    params={"window": 20, "full": 2.0, "every": 1},
    summary="Gives every name an equal slot and fills it by how many deviations the close is below its mean.",
    reference="Chan (2013), Algorithmic Trading, Wiley, chapter 2 (linear mean reversion)",
)


@final
@dataclass(frozen=True, slots=True)
class ZscoreReversion:
    """Share -z/`full` of a slot, at most all of it, z over `window` closes, every `every` bars."""

    window: int
    full: float
    every: int

    def __post_init__(self) -> None:
        whole(SPEC.id, "window", self.window, least=2)
        real(SPEC.id, "full", self.full, least=0.01, most=100.0)
        whole(SPEC.id, "every", self.every, least=1)

    def decide(self, view: View) -> Decision:
        """One slot a name with a complete history that moves; the unfilled part stays in cash."""
        wait = waiting(view, needed=self.window, every=self.every)
        if wait is not None:
            return wait
        close = view.window("close", self.window)
        mean, spread = mean_and_spread(close)
        z = (close[-1] - mean) / spread
        filled = np.fmin(np.abs(z) / self.full, 1.0)
        return decision(view, slots(z < 0, np.isfinite(z)) * filled, "z", z)


def build(**params: Any) -> ZscoreReversion:
    """The agent, with the defaults of `SPEC` where nothing is given."""
    return ZscoreReversion(**{**SPEC.params, **params})
