"""Inverse volatility, only in names with an upward trend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from quantrl.agent import AgentSpec, Decision
from quantrl.agents.rules._decision import decision, waiting
from quantrl.agents.rules._indicators import TIE, growth, volatility
from quantrl.agents.rules._parameters import whole
from quantrl.agents.rules._weights import proportional
from quantrl.data import View

SPEC = AgentSpec(
    id="rules/trend_inverse_vol",
    kind="rule",
    params={"trend": 200, "lookback": 63, "every": 21},
    summary="Weights names by one over volatility and puts the share of those below their moving average in "
    "cash.",
    reference="Clare, Seaton, Smith and Thomas (2016), The trend is our friend, J. Behavioral and "
    "Experimental Finance 9",
)


@final
@dataclass(frozen=True, slots=True)
class TrendInverseVol:
    """1/volatility of `lookback` returns, kept where the close exceeds the mean of `trend` closes."""

    trend: int
    lookback: int
    every: int

    def __post_init__(self) -> None:
        whole(SPEC.id, "trend", self.trend, least=2)
        whole(SPEC.id, "lookback", self.lookback, least=2)
        whole(SPEC.id, "every", self.every, least=1)

    def decide(self, view: View) -> Decision:
        """Shares are fixed among all names with a complete history, then those without a trend go to cash."""
        wait = waiting(view, needed=max(self.trend, self.lookback + 1), every=self.every)
        if wait is not None:
            return wait
        close = view.window("close", self.trend)
        gap = growth(close.sum(axis=0) / self.trend, close[-1])
        sizes = np.where(np.isnan(gap), np.nan, 1.0 / volatility(view.returns(self.lookback)))
        weights = np.where(gap > TIE, proportional(sizes), 0.0)
        return decision(view, weights, "close/mean - 1", gap)


def build(**params: Any) -> TrendInverseVol:
    """The agent, with the defaults of `SPEC` where nothing is given."""
    return TrendInverseVol(**{**SPEC.params, **params})
