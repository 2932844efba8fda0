"""Buy under the lower Bollinger band, sell at the middle one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from quantrl.agent import AgentSpec, Decision
from quantrl.agents.rules._decision import decision, waiting
from quantrl.agents.rules._indicators import mean_and_spread
from quantrl.agents.rules._parameters import below, real, whole
from quantrl.agents.rules._weights import slots
from quantrl.data import View

SPEC = AgentSpec(
    id="rules/bollinger_reversion",
    kind="rule",
    params={"window": 20, "width": 2.0, "patience": 5, "every": 1},
    summary="Fills a name's slot when it closed below its lower band lately and has not recovered to the "
    "middle.",
    reference="Bollinger (2001), Bollinger on Bollinger Bands, McGraw-Hill",
)


@final
@dataclass(frozen=True, slots=True)
class BollingerReversion:
    """In a name whose low of `patience` closes is under the lower band and whose close is under the middle.

    The middle is the mean of `window` closes, the lower band lies `width` deviations below it.
    """

    window: int
    width: float
    patience: int
    every: int

    def __post_init__(self) -> None:
        whole(SPEC.id, "window", self.window, least=2)
        real(SPEC.id, "width", self.width, least=0.0, most=100.0)
        whole(SPEC.id, "patience", self.patience, least=1)
        whole(SPEC.id, "every", self.every, least=1)
        below(SPEC.id, "patience", self.patience, "window", self.window)

    def decide(self, view: View) -> Decision:
        """One slot a name with a complete history that moves; empty slots stay in cash."""
        wait = waiting(view, needed=self.window, every=self.every)
        if wait is not None:
            return wait
        close = view.window("close", self.window)
        mean, spread = mean_and_spread(close)
        lowest = (close[-self.patience :].min(axis=0) - mean) / spread
        chosen = (lowest < -self.width) & (close[-1] < mean)
        return decision(view, slots(chosen, np.isfinite(spread)), "lowest z", lowest)


def build(**params: Any) -> BollingerReversion:
    """The agent, with the defaults of `SPEC` where nothing is given."""
    return BollingerReversion(**{**SPEC.params, **params})
