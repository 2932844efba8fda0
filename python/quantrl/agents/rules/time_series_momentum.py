"""Every name on its own past return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from quantrl.agent import AgentSpec, Decision
from quantrl.agents.rules._decision import decision, waiting
from quantrl.agents.rules._indicators import growth
from quantrl.agents.rules._parameters import whole
from quantrl.agents.rules._weights import slots
from quantrl.data import View

SPEC = AgentSpec(
    id="rules/time_series_momentum",
    kind="rule",
    params={"lookback": 252, "every": 21},
    summary="Gives every name an equal slot and fills it while the name's own past return is positive.",
    reference="Moskowitz, Ooi and Pedersen (2012), Time series momentum, J. Financial Economics 104(2)",
)


@final
@dataclass(frozen=True, slots=True)
class TimeSeriesMomentum:
    """In a name while its return over `lookback` bars is positive, every `every` bars."""

    lookback: int
    every: int

    def __post_init__(self) -> None:
        whole(SPEC.id, "lookback", self.lookback, least=1)
        whole(SPEC.id, "every", self.every, least=1)

    def decide(self, view: View) -> Decision:
        """One slot a name with a price at both ends; empty slots stay in cash."""
        wait = waiting(view, needed=self.lookback + 1, every=self.every)
        if wait is not None:
            return wait
        close = view.window("close", self.lookback + 1)
        past = growth(close[0], close[-1])
        return decision(view, slots(past > 0, np.isfinite(past)), "return", past)


def build(**params: Any) -> TimeSeriesMomentum:
    """The agent, with the defaults of `SPEC` where nothing is given."""
    return TimeSeriesMomentum(**{**SPEC.params, **params})
