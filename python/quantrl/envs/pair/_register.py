"""The name Gymnasium knows; imported by the modules of both entry points.

``gymnasium.make("quantrl.envs.pair.single:quantrl/Pair-v0", config=...)`` works without importing anything first.
"""

from __future__ import annotations

import gymnasium

NAME = "quantrl/Pair-v0"

gymnasium.register(
    id=NAME,
    entry_point="quantrl.envs.pair.single:PairEnv",
    vector_entry_point="quantrl.envs.pair.vector:PairVectorEnv",
    disable_env_checker=True,
)
