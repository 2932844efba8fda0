"""The portfolio in which every name adds the same risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from quantrl.agent import AgentSpec, Decision
from quantrl.agents.rules._covariance import shrunk_covariance
from quantrl.agents.rules._decision import decision, waiting
from quantrl.agents.rules._indicators import volatility
from quantrl.agents.rules._parameters import whole
from quantrl.agents.rules._risk_budget import equal_risk
from quantrl.agents.rules._weights import proportional
from quantrl.data import View

SPEC = AgentSpec(
    id="rules/equal_risk",
    kind="rule",
    params={"lookback": 252, "every": 21},
    summary="Holds all names so that each contributes the same share of the variance (risk parity).",
    reference="Maillard, Roncalli and Teiletche (2010), The properties of equally weighted risk contribution "
    "portfolios, J. Portfolio Management 36(4)",
)


@final
@dataclass(frozen=True, slots=True)
class EqualRisk:
    """Equal risk contributions over `lookback` returns, every `every` bars."""

    lookback: int
    every: int

    def __post_init__(self) -> None:
        whole(SPEC.id, "lookback", self.lookback, least=2)
        whole(SPEC.id, "every", self.every, least=1)

    def decide(self, view: View) -> Decision:
        """Fully invested in the names with a complete history that move."""
        wait = waiting(view, needed=self.lookback + 1, every=self.every)
        if wait is not None:
            return wait
        returns = view.returns(self.lookback)
        vol = volatility(returns)
        known = np.isfinite(vol)
        sizes = np.zeros(view.n_instruments)
        if known.any():
            correlation = shrunk_covariance(returns[:, known] / vol[known])
            sizes[known] = equal_risk(correlation) / vol[known]
        return decision(view, proportional(sizes), "volatility", vol)


def build(**params: Any) -> EqualRisk:
    """The agent, with the defaults of `SPEC` where nothing is given."""
    return EqualRisk(**{**SPEC.params, **params})
