"""The calmest names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

from quantrl.agent import AgentSpec, Decision
from quantrl.agents.rules._decision import decision, waiting
from quantrl.agents.rules._indicators import volatility
from quantrl.agents.rules._parameters import whole
from quantrl.agents.rules._weights import equal, top
from quantrl.data import View

SPEC = AgentSpec(
    id="rules/low_volatility",
    kind="rule",
    params={"lookback": 252, "k": 5, "every": 21},
    summary="Holds the k names with the lowest volatility, equally weighted.",
    reference="Blitz and van Vliet (2007), The volatility effect, J. Portfolio Management 34(1)",
)


@final
@dataclass(frozen=True, slots=True)
class LowVolatility:
    """The `k` lowest volatilities over `lookback` returns, every `every` bars."""

    lookback: int
    k: int
    every: int

    def __post_init__(self) -> None:
        whole(SPEC.id, "lookback", self.lookback, least=2)
        whole(SPEC.id, "k", self.k, least=1)
        whole(SPEC.id, "every", self.every, least=1)

    def decide(self, view: View) -> Decision:
        """Fully invested in at most `k` names that move."""
        wait = waiting(view, needed=self.lookback + 1, every=self.every)
        if wait is not None:
            return wait
        vol = volatility(view.returns(self.lookback))
        return decision(view, equal(top(-vol, self.k)), "volatility", vol)


def build(**params: Any) -> LowVolatility:
    """The agent, with the defaults of `SPEC` where nothing is given."""
    return LowVolatility(**{**SPEC.params, **params})
