"""Relative momentum picks the names, absolute momentum decides whether to hold them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

from quantrl.agent import AgentSpec, Decision
from quantrl.agents.rules._decision import decision, waiting
from quantrl.agents.rules._indicators import growth
from quantrl.agents.rules._parameters import whole
from quantrl.agents.rules._weights import slots, top
from quantrl.data import View

SPEC = AgentSpec(
    id="rules/dual_momentum",
    kind="rule",
    params={"lookback": 252, "k": 5, "every": 21},
    summary="Picks the k names with the highest past return and holds those whose return is positive, else "
    "cash.",
    reference="Antonacci (2014), Dual Momentum Investing, McGraw-Hill",
)


@final
@dataclass(frozen=True, slots=True)
class DualMomentum:
    """The best `k` returns over `lookback` bars, one slot each, filled if positive, every `every` bars."""

    lookback: int
    k: int
    every: int

    def __post_init__(self) -> None:
        whole(SPEC.id, "lookback", self.lookback, least=1)
        whole(SPEC.id, "k", self.k, least=1)
        whole(SPEC.id, "every", self.every, least=1)

    def decide(self, view: View) -> Decision:
        """At most `k` slots; those of losers stay in cash."""
        wait = waiting(view, needed=self.lookback + 1, every=self.every)
        if wait is not None:
            return wait
        close = view.window("close", self.lookback + 1)
        past = growth(close[0], close[-1])
        return decision(view, slots(past > 0, top(past, self.k)), "return", past)


def build(**params: Any) -> DualMomentum:
    """The agent, with the defaults of `SPEC` where nothing is given."""
    return DualMomentum(**{**SPEC.params, **params})
