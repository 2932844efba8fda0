"""The names that follow the market least."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

from quantrl.agent import AgentSpec, Decision
from quantrl.agents.rules._decision import decision, waiting
from quantrl.agents.rules._market_model import market_model
from quantrl.agents.rules._parameters import whole
from quantrl.agents.rules._weights import equal, top
from quantrl.data import View

SPEC = AgentSpec(
    id="rules/low_beta",
    kind="rule",
    params={"lookback": 252, "k": 5, "every": 21},
    summary="Holds the k names with the lowest beta to the equal-weighted universe.",
    reference="Frazzini and Pedersen (2014), Betting against beta, J. Financial Economics 111(1)",
)


@final
@dataclass(frozen=True, slots=True)
class LowBeta:
    """The `k` lowest betas over `lookback` returns, every `every` bars."""

    lookback: int
    k: int
    every: int

    def __post_init__(self) -> None:
        whole(SPEC.id, "lookback", self.lookback, least=2)
        whole(SPEC.id, "k", self.k, least=1)
        whole(SPEC.id, "every", self.every, least=1)

    def decide(self, view: View) -> Decision:
        """Fully invested in at most `k` names; in cash if the market does not move."""
        wait = waiting(view, needed=self.lookback + 1, every=self.every)
        if wait is not None:
            return wait
        beta, _ = market_model(view.returns(self.lookback))
        return decision(view, equal(top(-beta, self.k)), "beta", beta)


def build(**params: Any) -> LowBeta:
    """The agent, with the defaults of `SPEC` where nothing is given."""
    return LowBeta(**{**SPEC.params, **params})
