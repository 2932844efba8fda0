"""The winners of the past year after taking the market out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

from quantrl.agent import AgentSpec, Decision
from quantrl.agents.rules._decision import decision, waiting
from quantrl.agents.rules._indicators import mean_over_spread
from quantrl.agents.rules._market_model import market_model
from quantrl.agents.rules._parameters import below, whole
from quantrl.agents.rules._weights import equal, top
from quantrl.data import View

SPEC = AgentSpec(
    id="rules/residual_momentum",
    kind="rule",
    params={"estimation": 756, "lookback": 252, "skip": 21, "k": 5, "every": 21},
    summary="Holds the k names whose past year was best against what the market explains, per unit of "
    "residual risk.",
    reference="Blitz, Huij and Martens (2011), Residual momentum, J. Empirical Finance 18(3)",
)


@final
@dataclass(frozen=True, slots=True)
class ResidualMomentum:
    """Market regression over `estimation` returns; residuals from `lookback` to `skip` bars ago.

    Residuals sum to zero over the whole regression, so it must be longer than the part that is scored.
    """

    estimation: int
    lookback: int
    skip: int
    k: int
    every: int

    def __post_init__(self) -> None:
        whole(SPEC.id, "estimation", self.estimation, least=4)
        whole(SPEC.id, "lookback", self.lookback, least=3)
        whole(SPEC.id, "skip", self.skip, least=0)
        whole(SPEC.id, "k", self.k, least=1)
        whole(SPEC.id, "every", self.every, least=1)
        below(SPEC.id, "lookback", self.lookback, "estimation", self.estimation)
        below(SPEC.id, "skip", self.skip, "lookback - 1", self.lookback - 1)

    def decide(self, view: View) -> Decision:
        """Fully invested in at most `k` names that do not simply copy the market."""
        wait = waiting(view, needed=self.estimation + 1, every=self.every)
        if wait is not None:
            return wait
        _, residuals = market_model(view.returns(self.estimation))
        score = mean_over_spread(residuals[-self.lookback : len(residuals) - self.skip])
        return decision(view, equal(top(score, self.k)), "residual return/volatility", score)


def build(**params: Any) -> ResidualMomentum:
    """The agent, with the defaults of `SPEC` where nothing is given."""
    return ResidualMomentum(**{**SPEC.params, **params})
