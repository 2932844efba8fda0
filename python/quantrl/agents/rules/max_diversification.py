"""The long-only portfolio with the highest diversification ratio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from quantrl.agent import AgentSpec, Decision
from quantrl.agents.rules._covariance import shrunk_covariance
from quantrl.agents.rules._decision import decision, waiting
from quantrl.agents.rules._indicators import volatility
from quantrl.agents.rules._long_only import minimum_variance
from quantrl.agents.rules._parameters import whole
from quantrl.agents.rules._weights import proportional
from quantrl.data import View

SPEC = AgentSpec(
    id="rules/max_diversification",
    kind="rule",
    params={"lookback": 252, "every": 21},
    summary="Holds the long-only mix whose volatility lies furthest below the average volatility of its "
    "names.",
    reference="Choueifaty and Coignard (2008), Toward maximum diversification, J. Portfolio Management 35(1)",
)


@final
@dataclass(frozen=True, slots=True)
class MaxDiversification:
    """Maximum of w'vol / sqrt(w'Cw) over `lookback` returns, every `every` bars.

    Dividing each name by its volatility turns the problem into minimum variance on the correlations.
    """

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
            sizes[known] = minimum_variance(correlation) / vol[known]
        return decision(view, proportional(sizes), "volatility", vol)


def build(**params: Any) -> MaxDiversification:
    """The agent, with the defaults of `SPEC` where nothing is given."""
    return MaxDiversification(**{**SPEC.params, **params})
