"""Training again and again as sessions go by, and what that is worth beside doing nothing or standing down."""

from quantrl.agents.dqn_statarb.rolling.study import rolling_study
from quantrl.agents.dqn_statarb.rolling.windows import rolling_windows

__all__ = ["rolling_study", "rolling_windows"]
