"""Every name weighted by the inverse of its volatility."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

from quantrl.agent import AgentSpec, Decision
from quantrl.agents.rules._decision import decision, waiting
from quantrl.agents.rules._indicators import volatility
from quantrl.agents.rules._parameters import whole
from quantrl.agents.rules._weights import proportional
from quantrl.data import View

SPEC = AgentSpec(
    id="rules/inverse_volatility",
    kind="rule",
    params={"lookback": 63, "every": 21},
    summary="Holds all names, the calmer the larger: weights in proportion to one over volatility.",
    reference="Leote de Carvalho, Lu and Moulin (2012), Demystifying equity risk-based strategies, "
    "J. Portfolio Management 38(3)",
)


@final
@dataclass(frozen=True, slots=True)
class InverseVolatility:
    """Weights in proportion to 1/volatility over `lookback` returns, every `every` bars."""

    lookback: int
    every: int

    def __post_init__(self) -> None:
        whole(SPEC.id, "lookback", self.lookback, least=2)
        whole(SPEC.id, "every", self.every, least=1)

    def decide(self, view: View) -> Decision:
        """Fully invested in the names with a complete history that move."""
        wait = waiting(view, needed=self.lookback + 1, every=self.every)
        if wait is not None:
            return wait
        vol = volatility(view.returns(self.lookback))
        return decision(view, proportional(1.0 / vol), "volatility", vol)


def build(**params: Any) -> InverseVolatility:
    """The agent, with the defaults of `SPEC` where nothing is given."""
    return InverseVolatility(**{**SPEC.params, **params})
