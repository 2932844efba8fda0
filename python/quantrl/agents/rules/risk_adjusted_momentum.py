"""The winners of the past year per unit of risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

from quantrl.agent import AgentSpec, Decision
from quantrl.agents.rules._decision import decision, waiting
from quantrl.agents.rules._indicators import growth, volatility
from quantrl.agents.rules._parameters import below, whole
from quantrl.agents.rules._weights import equal, top
from quantrl.data import View

SPEC = AgentSpec(
    id="rules/risk_adjusted_momentum",
    kind="rule",
    params={"lookback": 252, "skip": 21, "k": 5, "every": 21},
    summary="Holds the k names with the highest past return divided by their volatility.",
    reference="Rachev, Jasic, Stoyanov and Fabozzi (2007), Momentum strategies based on reward-risk stock "
    "selection criteria, J. Banking and Finance 31(8)",
)


@final
@dataclass(frozen=True, slots=True)
class RiskAdjustedMomentum:
    """Return from `lookback` to `skip` bars ago over the volatility of `lookback` bars, the best `k`."""

    lookback: int
    skip: int
    k: int
    every: int

    def __post_init__(self) -> None:
        whole(SPEC.id, "lookback", self.lookback, least=2)
        whole(SPEC.id, "skip", self.skip, least=0)
        whole(SPEC.id, "k", self.k, least=1)
        whole(SPEC.id, "every", self.every, least=1)
        below(SPEC.id, "skip", self.skip, "lookback", self.lookback)

    def decide(self, view: View) -> Decision:
        """Fully invested in at most `k` names that move."""
        wait = waiting(view, needed=self.lookback + 1, every=self.every)
        if wait is not None:
            return wait
        close = view.window("close", self.lookback + 1)
        ratio = growth(close[0], close[-1 - self.skip]) / volatility(view.returns(self.lookback))
        return decision(view, equal(top(ratio, self.k)), "return/volatility", ratio)


def build(**params: Any) -> RiskAdjustedMomentum:
    """The agent, with the defaults of `SPEC` where nothing is given."""
    return RiskAdjustedMomentum(**{**SPEC.params, **params})
