"""How far a policy bends when fees, spreads, latency and volatility are not those it was trained on."""

from quantrl.agents.dqn_statarb.robust.box import BOX, Box
from quantrl.agents.dqn_statarb.robust.scenarios import Scenarios, scenarios

__all__ = ["BOX", "Box", "Scenarios", "scenarios"]
