"""Fast over slow moving average."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from quantrl.agent import AgentSpec, Decision
from quantrl.agents.rules._decision import decision, waiting
from quantrl.agents.rules._indicators import TIE, growth
from quantrl.agents.rules._parameters import below, whole
from quantrl.agents.rules._weights import slots
from quantrl.data import View

SPEC = AgentSpec(
    id="rules/sma_cross",
    kind="rule",
    params={"fast": 50, "slow": 200, "every": 5},
    summary="Gives every name an equal slot and fills it while its fast moving average is above its slow "
    "one.",
    reference="Brock, Lakonishok and LeBaron (1992), Simple technical trading rules and the stochastic "
    "properties of stock returns, J. Finance 47(5)",
)


@final
@dataclass(frozen=True, slots=True)
class SmaCross:
    """In a name while the mean of `fast` closes exceeds the mean of `slow`, every `every` bars."""

    fast: int
    slow: int
    every: int

    def __post_init__(self) -> None:
        whole(SPEC.id, "fast", self.fast, least=1)
        whole(SPEC.id, "slow", self.slow, least=2)
        whole(SPEC.id, "every", self.every, least=1)
        below(SPEC.id, "fast", self.fast, "slow", self.slow)

    def decide(self, view: View) -> Decision:
        """One slot a name with a complete history; empty slots stay in cash."""
        wait = waiting(view, needed=self.slow, every=self.every)
        if wait is not None:
            return wait
        close = view.window("close", self.slow)
        gap = growth(close.sum(axis=0) / self.slow, close[-self.fast :].sum(axis=0) / self.fast)
        return decision(view, slots(gap > TIE, np.isfinite(gap)), "fast/slow - 1", gap)


def build(**params: Any) -> SmaCross:
    """The agent, with the defaults of `SPEC` where nothing is given."""
    return SmaCross(**{**SPEC.params, **params})
