"""The losers of the past week."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

from quantrl.agent import AgentSpec, Decision
from quantrl.agents.rules._decision import decision, waiting
from quantrl.agents.rules._indicators import growth
from quantrl.agents.rules._parameters import whole
from quantrl.agents.rules._weights import equal, top
from quantrl.data import View

SPEC = AgentSpec(
    id="rules/mean_reversion",
    kind="rule",
    params={"lookback": 5, "k": 5, "every": 5},
    summary="Holds the k names with the lowest return of the past days, expecting them to recover.",
    reference="Lehmann (1990), Fads, martingales, and market efficiency, Quarterly J. Economics 105(1)",
)


@final
@dataclass(frozen=True, slots=True)
class MeanReversion:
    """The `k` lowest returns over `lookback` bars, every `every` bars."""

    lookback: int
    k: int
    every: int

    def __post_init__(self) -> None:
        whole(SPEC.id, "lookback", self.lookback, least=1)
        whole(SPEC.id, "k", self.k, least=1)
        whole(SPEC.id, "every", self.every, least=1)

    def decide(self, view: View) -> Decision:
        """Fully invested in at most `k` names with a price at both ends."""
        wait = waiting(view, needed=self.lookback + 1, every=self.every)
        if wait is not None:
            return wait
        close = view.window("close", self.lookback + 1)
        past = growth(close[0], close[-1])
        return decision(view, equal(top(-past, self.k)), "return", past)


def build(**params: Any) -> MeanReversion:
    """The agent, with the defaults of `SPEC` where nothing is given."""
    return MeanReversion(**{**SPEC.params, **params})
