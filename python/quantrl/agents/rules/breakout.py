"""Above the highest close of a Donchian channel."""

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
    id="rules/breakout",
    kind="rule",
    params={"entry": 55, "exit": 20, "every": 1},
    summary="Fills a name's slot after a close above its channel and empties it at a new low or when highs "
    "stop coming.",
    reference="Donchian (1960), High finance in copper, Financial Analysts J. 16(6); Faith (2007), Way of "
    "the Turtle",
)


@final
@dataclass(frozen=True, slots=True)
class Breakout:
    """In a name that closed, within `exit` bars, above the highest of the `entry` closes before those.

    It leaves at its lowest close of `exit` bars, or when the breakout is older than that and no new one came.
    So the position follows from the window alone and not from the path of earlier positions.
    """

    entry: int
    exit: int
    every: int

    def __post_init__(self) -> None:
        whole(SPEC.id, "entry", self.entry, least=1)
        whole(SPEC.id, "exit", self.exit, least=2)
        whole(SPEC.id, "every", self.every, least=1)

    def decide(self, view: View) -> Decision:
        """One slot a name with a complete history; empty slots stay in cash."""
        wait = waiting(view, needed=self.entry + self.exit, every=self.every)
        if wait is not None:
            return wait
        close = view.window("close", self.entry + self.exit)
        recent = close[-self.exit :]
        beyond = growth(close[: self.entry].max(axis=0), recent.max(axis=0))
        chosen = (beyond > 0) & (close[-1] > recent.min(axis=0))
        return decision(view, slots(chosen, np.isfinite(beyond)), "high/channel - 1", beyond)


def build(**params: Any) -> Breakout:
    """The agent, with the defaults of `SPEC` where nothing is given."""
    return Breakout(**{**SPEC.params, **params})
