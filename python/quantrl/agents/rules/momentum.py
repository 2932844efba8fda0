"""The winners of the past year without its last month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

from quantrl.agent import AgentSpec, Decision
from quantrl.agents.rules._decision import decision, waiting
from quantrl.agents.rules._indicators import growth
from quantrl.agents.rules._parameters import below, whole
from quantrl.agents.rules._weights import equal, priced, top
from quantrl.data import View

SPEC = AgentSpec(
    id="rules/momentum",
    kind="rule",
    params={"lookback": 252, "skip": 21, "k": 5, "every": 21},
    summary="Holds the k names with the highest past return, leaving out the latest month, equally weighted.",
    reference="Jegadeesh and Titman (1993), Returns to buying winners and selling losers, J. Finance 48(1)",
)


@final
@dataclass(frozen=True, slots=True)
class Momentum:
    """Return from `lookback` to `skip` bars ago, the best `k`, every `every` bars."""

    lookback: int
    skip: int
    k: int
    every: int

    def __post_init__(self) -> None:
        whole(SPEC.id, "lookback", self.lookback, least=1)
        whole(SPEC.id, "skip", self.skip, least=0)
        whole(SPEC.id, "k", self.k, least=1)
        whole(SPEC.id, "every", self.every, least=1)
        below(SPEC.id, "skip", self.skip, "lookback", self.lookback)

    def decide(self, view: View) -> Decision:
        """Fully invested in at most `k` names."""
        wait = waiting(view, needed=self.lookback + 1, every=self.every)
        if wait is not None:
            return wait
        close = view.window("close", self.lookback + 1)
        past = priced(growth(close[0], close[-1 - self.skip]), close[-1])
        return decision(view, equal(top(past, self.k)), "return", past)


def build(**params: Any) -> Momentum:
    """The agent, with the defaults of `SPEC` where nothing is given."""
    return Momentum(**{**SPEC.params, **params})
