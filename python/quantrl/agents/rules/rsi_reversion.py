"""Oversold by the relative strength index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from quantrl.agent import AgentSpec, Decision
from quantrl.agents.rules._decision import decision, waiting
from quantrl.agents.rules._parameters import real, whole
from quantrl.agents.rules._weights import slots
from quantrl.data import View

SPEC = AgentSpec(
    id="rules/rsi_reversion",
    kind="rule",
    params={"window": 14, "oversold": 30.0, "every": 1},
    summary="Gives every name an equal slot and fills it while its relative strength index says oversold.",
    reference="Wilder (1978), New Concepts in Technical Trading Systems, Trend Research",
)


@final
@dataclass(frozen=True, slots=True)
class RsiReversion:
    """In a name while the index of `window` changes is below `oversold`, every `every` bars.

    The index is 100 times the sum of rises over the sum of all moves. Plain sums instead of Wilder's
    smoothing make it depend on the window alone.
    """

    window: int
    oversold: float
    every: int

    def __post_init__(self) -> None:
        whole(SPEC.id, "window", self.window, least=1)
        real(SPEC.id, "oversold", self.oversold, least=0.0, most=100.0)
        whole(SPEC.id, "every", self.every, least=1)

    def decide(self, view: View) -> Decision:
        """One slot a name with a complete history that moves; empty slots stay in cash."""
        wait = waiting(view, needed=self.window + 1, every=self.every)
        if wait is not None:
            return wait
        close = view.window("close", self.window + 1)
        moves = np.abs(close[1:] - close[:-1]).sum(axis=0)
        moves[moves == 0] = np.nan
        index = 50.0 * (1.0 + (close[-1] - close[0]) / moves)
        return decision(view, slots(index < self.oversold, np.isfinite(index)), "rsi", index)


def build(**params: Any) -> RsiReversion:
    """The agent, with the defaults of `SPEC` where nothing is given."""
    return RsiReversion(**{**SPEC.params, **params})
