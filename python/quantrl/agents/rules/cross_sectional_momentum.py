"""The names that beat the average, by as much as they beat it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from quantrl.agent import AgentSpec, Decision
from quantrl.agents.rules._decision import decision, waiting
from quantrl.agents.rules._indicators import TIE, growth
from quantrl.agents.rules._parameters import whole
from quantrl.agents.rules._weights import proportional
from quantrl.data import View

SPEC = AgentSpec(
    id="rules/cross_sectional_momentum",
    kind="rule",
    params={"lookback": 126, "every": 21},
    summary="Holds the names whose past return beats the average of all, in proportion to the excess.",
    reference="Lo and MacKinlay (1990), When are contrarian profits due to stock market overreaction?, "
    "Rev. Financial Studies 3(2); Jegadeesh and Titman (1993), J. Finance 48(1)",
)


@final
@dataclass(frozen=True, slots=True)
class CrossSectionalMomentum:
    """Excess over the mean return of `lookback` bars, its positive part, every `every` bars."""

    lookback: int
    every: int

    def __post_init__(self) -> None:
        whole(SPEC.id, "lookback", self.lookback, least=1)
        whole(SPEC.id, "every", self.every, least=1)

    def decide(self, view: View) -> Decision:
        """Fully invested where names differ; in cash where all did the same, as a single name always does."""
        wait = waiting(view, needed=self.lookback + 1, every=self.every)
        if wait is not None:
            return wait
        close = view.window("close", self.lookback + 1)
        past = growth(close[0], close[-1])
        known = past[np.isfinite(past)]
        excess = past - known.sum() / max(len(known), 1)
        return decision(view, proportional(np.where(excess > TIE, excess, 0.0)), "excess return", excess)


def build(**params: Any) -> CrossSectionalMomentum:
    """The agent, with the defaults of `SPEC` where nothing is given."""
    return CrossSectionalMomentum(**{**SPEC.params, **params})
