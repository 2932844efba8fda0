"""Control: random weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

from quantrl.agent import AgentSpec, Decision
from quantrl.agents.rules._decision import decision, waiting
from quantrl.agents.rules._parameters import whole
from quantrl.agents.rules._weights import priced, proportional
from quantrl.data import View
from quantrl.rng import generator

SPEC = AgentSpec(
    id="rules/random_weights",
    kind="rule",
    params={"every": 21},
    summary="Control without skill: holds all names with weights drawn uniformly from all possible ones.",
    reference="Burns (2007), Random portfolios for performance measurement, Springer",
)


@final
@dataclass(frozen=True, slots=True)
class RandomWeights:
    """Uniform on the simplex (exponential draws over their sum), every `every` bars."""

    every: int
    seed: int
    stream: int

    def __post_init__(self) -> None:
        whole(SPEC.id, "every", self.every, least=1)

    def decide(self, view: View) -> Decision:
        """Fully invested in the names with a price."""
        wait = waiting(view, needed=1, every=self.every)
        if wait is not None:
            return wait
        random = generator(self.seed, self.stream, "agent", draw=view.n)
        sizes = priced(random.standard_exponential(view.n_instruments), view.last("close"))
        return decision(view, proportional(sizes), "random draw", sizes)


def build(*, seed: int = 0, stream: int = 0, **params: Any) -> RandomWeights:
    """The agent, with the defaults of `SPEC` where nothing is given; `seed` and `stream` key its draws."""
    return RandomWeights(**{**SPEC.params, **params}, seed=seed, stream=stream)
