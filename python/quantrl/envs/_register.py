"""The name Gymnasium knows; imported by the modules of both entry points.

``gymnasium.make("quantrl.envs.single:quantrl/Portfolio-v0", panel=...)`` works without importing anything first.
"""

from __future__ import annotations

import gymnasium

NAME = "quantrl/Portfolio-v0"

gymnasium.register(
    id=NAME,
    entry_point="quantrl.envs.single:PortfolioEnv",
    vector_entry_point="quantrl.envs.vector:PortfolioVectorEnv",
    disable_env_checker=True,
)
