"""Buy every name once and never trade again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from quantrl.agent import AgentSpec, Decision
from quantrl.agents.rules._decision import decision
from quantrl.agents.rules._weights import equal
from quantrl.data import View

SPEC = AgentSpec(
    id="rules/buy_and_hold",
    kind="rule",
    summary="Buys all names equally at the start and keeps them, whatever happens.",
    reference="Sharpe (1991), The arithmetic of active management, Financial Analysts J. 47(1)",
)


@final
@dataclass(frozen=True, slots=True)
class BuyAndHold:
    """Equal weights while nothing is held, then hold.

    What was bought is read from ``view.held``, so the agent itself remembers nothing. Names listed after the
    purchase are not bought: there is no cash left for them.
    """

    def decide(self, view: View) -> Decision:
        """Equal weights if the account is empty, else hold."""
        if (view.held > 0).any():
            return Decision.hold(view.n_instruments)
        if view.n == 0:
            return Decision.cash(view.n_instruments)
        last = view.last("close")
        return decision(view, equal(np.isfinite(last)), "close", last)


def build(**params: Any) -> BuyAndHold:
    """The agent; it has no parameters."""
    return BuyAndHold(**{**SPEC.params, **params})
