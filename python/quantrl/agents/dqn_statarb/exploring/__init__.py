"""Which way to explore learns the most, and the fastest."""

from quantrl.agents.dqn_statarb.exploring.study import exploration_study

__all__ = ["exploration_study"]
