"""The tail of what a session earns: a stock that carries what has been earned so far, and policies that act by it."""

from quantrl.agents.dqn_statarb.risk.stock import TAIL, cvar, deployed, first_stocks

__all__ = ["TAIL", "cvar", "deployed", "first_stocks"]
