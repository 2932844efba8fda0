"""The same weight for every name that has a price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from quantrl.agent import AgentSpec, Decision
from quantrl.agents.rules._decision import decision, waiting
from quantrl.agents.rules._parameters import whole
from quantrl.agents.rules._weights import equal
from quantrl.data import View

SPEC = AgentSpec(
    id="rules/equal_weight",
    kind="rule",
    params={"every": 21},
    summary="Spreads the money equally over all names and rebalances every few weeks.",
    reference="DeMiguel, Garlappi and Uppal (2009), Optimal versus naive diversification, Rev. Financial "
    "Studies 22(5)",
)


@final
@dataclass(frozen=True, slots=True)
class EqualWeight:
    """1/n in each of the n names with a price, every `every` bars."""

    every: int

    def __post_init__(self) -> None:
        whole(SPEC.id, "every", self.every, least=1)

    def decide(self, view: View) -> Decision:
        """Equal weights on scheduled bars, hold in between."""
        wait = waiting(view, needed=1, every=self.every)
        if wait is not None:
            return wait
        last = view.last("close")
        return decision(view, equal(np.isfinite(last)), "close", last)


def build(**params: Any) -> EqualWeight:
    """The agent, with the defaults of `SPEC` where nothing is given."""
    return EqualWeight(**{**SPEC.params, **params})
