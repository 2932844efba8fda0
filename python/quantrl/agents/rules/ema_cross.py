"""Fast over slow exponential moving average."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, final

import numpy as np

from quantrl.agent import AgentSpec, Decision
from quantrl.agents.rules._decision import decision, waiting
from quantrl.agents.rules._indicators import TIE
from quantrl.agents.rules._parameters import below, whole
from quantrl.agents.rules._weights import slots
from quantrl.data import View
from quantrl.typing import FloatArray

SPEC = AgentSpec(
    id="rules/ema_cross",
    kind="rule",
    params={"fast": 12, "slow": 26, "every": 5},
    summary="Gives every name an equal slot and fills it while its fast exponential average is above its "
    "slow one.",
    reference="Appel (2005), Technical Analysis: Power Tools for Active Investors, FT Prentice Hall (MACD)",
)
_SPANS = 4
"""Length of the window in slow spans: what lies before it would weigh exp(-8), 0.03 % of the average."""


@lru_cache(maxsize=64)
def _kernel(fast: int, slow: int) -> FloatArray:
    """Weights (4 slow,), oldest first; times the closes they are the fast minus the slow average."""
    age = np.arange(_SPANS * slow)[::-1]
    fast_weights, slow_weights = ((1 - 2 / (span + 1)) ** age for span in (fast, slow))
    kernel = np.asarray(fast_weights / fast_weights.sum() - slow_weights / slow_weights.sum())
    kernel.flags.writeable = False
    return kernel


@final
@dataclass(frozen=True, slots=True)
class EmaCross:
    """In a name while the average of span `fast` exceeds that of span `slow`, every `every` bars.

    A span of s bars decays by 1 - 2/(s + 1) a bar. The averages start four slow spans back, so that they
    depend on the window alone.
    """

    fast: int
    slow: int
    every: int

    def __post_init__(self) -> None:
        whole(SPEC.id, "fast", self.fast, least=1)
        whole(SPEC.id, "slow", self.slow, least=2)
        whole(SPEC.id, "every", self.every, least=1)
        below(SPEC.id, "fast", self.fast, "slow", self.slow)

    def decide(self, view: View) -> Decision:
        """One slot a name with a complete history; empty slots stay in cash."""
        wait = waiting(view, needed=_SPANS * self.slow, every=self.every)
        if wait is not None:
            return wait
        close = view.window("close", _SPANS * self.slow)
        gap = np.einsum("t,tn->n", _kernel(self.fast, self.slow), close) / close[-1]
        return decision(view, slots(gap > TIE, np.isfinite(gap)), "(fast - slow)/close", gap)


def build(**params: Any) -> EmaCross:
    """The agent, with the defaults of `SPEC` where nothing is given."""
    return EmaCross(**{**SPEC.params, **params})
