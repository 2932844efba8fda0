"""Control: random names at random times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

from quantrl.agent import AgentSpec, Decision
from quantrl.agents.rules._decision import decision, waiting
from quantrl.agents.rules._parameters import real, whole
from quantrl.agents.rules._weights import equal, priced, top
from quantrl.data import View
from quantrl.rng import generator

SPEC = AgentSpec(
    id="rules/random_entry",
    kind="rule",
    params={"k": 5, "chance": 0.25, "every": 5},
    summary="Control without skill: now and then swaps into k names drawn at random.",
    reference="Brock, Lakonishok and LeBaron (1992), J. Finance 47(5), random entries as the null of a "
    "trading rule",
)


@final
@dataclass(frozen=True, slots=True)
class RandomEntry:
    """With probability `chance`, every `every` bars, `k` random names; otherwise hold.

    The draw is addressed by the bar count, so nothing is remembered from one bar to the next.
    """

    k: int
    chance: float
    every: int
    seed: int
    stream: int

    def __post_init__(self) -> None:
        whole(SPEC.id, "k", self.k, least=1)
        real(SPEC.id, "chance", self.chance, least=0.0, most=1.0)
        whole(SPEC.id, "every", self.every, least=1)

    def decide(self, view: View) -> Decision:
        """Fully invested in at most `k` names with a price, or hold."""
        wait = waiting(view, needed=1, every=self.every)
        if wait is not None:
            return wait
        draws = generator(self.seed, self.stream, "agent", draw=view.n).random(view.n_instruments + 1)
        if draws[-1] >= self.chance:
            return Decision.hold(view.n_instruments)
        lots = priced(draws[:-1], view.last("close"))
        return decision(view, equal(top(lots, self.k)), "random draw", lots)


def build(*, seed: int = 0, stream: int = 0, **params: Any) -> RandomEntry:
    """The agent, with the defaults of `SPEC` where nothing is given; `seed` and `stream` key its draws."""
    return RandomEntry(**{**SPEC.params, **params}, seed=seed, stream=stream)
