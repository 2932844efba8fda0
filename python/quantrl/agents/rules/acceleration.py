"""The names whose momentum is growing."""

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
    id="rules/acceleration",
    kind="rule",
    params={"span": 126, "k": 5, "every": 21},
    summary="Holds the k names whose return over the latest span exceeds that over the span before by the "
    "most.",
    reference="Ardila, Forro and Sornette (2021), The acceleration effect and Gamma factor in asset pricing, "
    "Physica A 569",
)


@final
@dataclass(frozen=True, slots=True)
class Acceleration:
    """Return over the last `span` bars minus that over the `span` before; the best `k`, every `every`."""

    span: int
    k: int
    every: int

    def __post_init__(self) -> None:
        whole(SPEC.id, "span", self.span, least=1)
        whole(SPEC.id, "k", self.k, least=1)
        whole(SPEC.id, "every", self.every, least=1)

    def decide(self, view: View) -> Decision:
        """Fully invested in at most `k` names with a price at all three ends."""
        wait = waiting(view, needed=2 * self.span + 1, every=self.every)
        if wait is not None:
            return wait
        close = view.window("close", 2 * self.span + 1)
        gain = growth(close[self.span], close[-1]) - growth(close[0], close[self.span])
        return decision(view, equal(top(gain, self.k)), "acceleration", gain)


def build(**params: Any) -> Acceleration:
    """The agent, with the defaults of `SPEC` where nothing is given."""
    return Acceleration(**{**SPEC.params, **params})
