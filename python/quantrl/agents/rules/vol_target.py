"""Equal weights, scaled to a constant volatility."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any, final

import numpy as np

from quantrl.agent import AgentSpec, Decision
from quantrl.agents.rules._decision import decision, waiting
from quantrl.agents.rules._indicators import volatility
from quantrl.agents.rules._parameters import real, whole
from quantrl.agents.rules._weights import equal
from quantrl.data import View

SPEC = AgentSpec(
    id="rules/vol_target",
    kind="rule",
    params={"target_vol": 0.10, "lookback": 21, "periods_per_year": 252.0, "every": 5},
    summary="Holds all names equally, with less of them and more cash when their common volatility is high.",
    reference="Moreira and Muir (2017), Volatility-managed portfolios, J. Finance 72(4)",
)


@final
@dataclass(frozen=True, slots=True)
class VolTarget:
    """Equal weights times min(1, `target_vol` / annual volatility of the mix), every `every` bars."""

    target_vol: float
    lookback: int
    periods_per_year: float
    every: int

    def __post_init__(self) -> None:
        real(SPEC.id, "target_vol", self.target_vol, least=1e-6, most=100.0)
        whole(SPEC.id, "lookback", self.lookback, least=2)
        real(SPEC.id, "periods_per_year", self.periods_per_year, least=1e-3, most=1e8)
        whole(SPEC.id, "every", self.every, least=1)

    def decide(self, view: View) -> Decision:
        """Never more than fully invested; in cash if no name with a complete history moves."""
        wait = waiting(view, needed=self.lookback + 1, every=self.every)
        if wait is not None:
            return wait
        returns = view.returns(self.lookback)
        weights = equal(np.isfinite(returns.sum(axis=0)))
        mix = np.where(weights > 0, returns * weights, 0.0).sum(axis=1)
        vol = volatility(mix[:, None]) * sqrt(self.periods_per_year)
        exposure = min(1.0, self.target_vol / float(vol[0])) if vol[0] > 0 else 0.0
        return decision(view, weights * exposure, "volatility of all", np.broadcast_to(vol, weights.shape))


def build(**params: Any) -> VolTarget:
    """The agent, with the defaults of `SPEC` where nothing is given."""
    return VolTarget(**{**SPEC.params, **params})
