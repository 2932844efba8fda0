"""The names closest to their high of the past year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

from quantrl.agent import AgentSpec, Decision
from quantrl.agents.rules._decision import decision, waiting
from quantrl.agents.rules._parameters import whole
from quantrl.agents.rules._weights import equal, top
from quantrl.data import View

SPEC = AgentSpec(
    id="rules/high_proximity",
    kind="rule",
    params={"lookback": 252, "k": 5, "every": 21},
    summary="Holds the k names whose close is nearest to its highest close of the past year.",
    reference="George and Hwang (2004), The 52-week high and momentum investing, J. Finance 59(5)",
)


@final
@dataclass(frozen=True, slots=True)
class HighProximity:
    """Close over the highest close of `lookback` bars, the best `k`, every `every` bars."""

    lookback: int
    k: int
    every: int

    def __post_init__(self) -> None:
        whole(SPEC.id, "lookback", self.lookback, least=2)
        whole(SPEC.id, "k", self.k, least=1)
        whole(SPEC.id, "every", self.every, least=1)

    def decide(self, view: View) -> Decision:
        """Fully invested in at most `k` names with a complete history."""
        wait = waiting(view, needed=self.lookback, every=self.every)
        if wait is not None:
            return wait
        close = view.window("close", self.lookback)
        proximity = close[-1] / close.max(axis=0)
        return decision(view, equal(top(proximity, self.k)), "close/high", proximity)


def build(**params: Any) -> HighProximity:
    """The agent, with the defaults of `SPEC` where nothing is given."""
    return HighProximity(**{**SPEC.params, **params})
