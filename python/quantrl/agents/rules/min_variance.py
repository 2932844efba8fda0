"""The long-only portfolio of least variance."""

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
from quantrl.data import View

SPEC = AgentSpec(
    id="rules/min_variance",
    kind="rule",
    params={"lookback": 252, "every": 21},
    summary="Holds the long-only mix with the least variance under a shrunk covariance matrix.",
    reference="Clarke, de Silva and Thorley (2006), Minimum-variance portfolios in the U.S. equity market, "
    "J. Portfolio Management 33(1)",
)


@final
@dataclass(frozen=True, slots=True)
class MinVariance:
    """Minimum variance over `lookback` returns, every `every` bars."""

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
        weights = np.zeros(view.n_instruments)
        if known.any():
            weights[known] = minimum_variance(shrunk_covariance(returns[:, known]))
        return decision(view, weights, "volatility", vol)


def build(**params: Any) -> MinVariance:
    """The agent, with the defaults of `SPEC` where nothing is given."""
    return MinVariance(**{**SPEC.params, **params})
