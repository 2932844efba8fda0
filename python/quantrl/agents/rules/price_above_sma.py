"""Close over its moving average."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from quantrl.agent import AgentSpec, Decision
from quantrl.agents.rules._decision import decision, waiting
from quantrl.agents.rules._indicators import TIE, growth
from quantrl.agents.rules._parameters import whole
from quantrl.agents.rules._weights import slots
from quantrl.data import View

SPEC = AgentSpec(
    id="rules/price_above_sma",
    kind="rule",
    params={"window": 200, "every": 21},
    summary="Gives every name an equal slot and fills it while the close is above its moving average.",
    reference="Faber (2007), A quantitative approach to tactical asset allocation, J. Wealth Management 9(4)",
)


@final
@dataclass(frozen=True, slots=True)
class PriceAboveSma:
    """In a name while its close exceeds the mean of `window` closes, every `every` bars."""

    window: int
    every: int

    def __post_init__(self) -> None:
        whole(SPEC.id, "window", self.window, least=2)
        whole(SPEC.id, "every", self.every, least=1)

    def decide(self, view: View) -> Decision:
        """One slot a name with a complete history; empty slots stay in cash."""
        wait = waiting(view, needed=self.window, every=self.every)
        if wait is not None:
            return wait
        close = view.window("close", self.window)
        gap = growth(close.sum(axis=0) / self.window, close[-1])
        return decision(view, slots(gap > TIE, np.isfinite(gap)), "close/mean - 1", gap)


def build(**params: Any) -> PriceAboveSma:
    """The agent, with the defaults of `SPEC` where nothing is given."""
    return PriceAboveSma(**{**SPEC.params, **params})
