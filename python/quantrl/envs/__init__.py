"""Batched environments over the Rust engine, portfolios and pairs, for Stable-Baselines3 and Gymnasium.

Names are imported when first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantrl.envs.bounds import action_bounds
    from quantrl.envs.layout import ObsLayout
    from quantrl.envs.make import make_vec_env
    from quantrl.envs.market import Market
    from quantrl.envs.pair import PairConfig, PairEnv, PairLayout, PairVecEnv, PairVectorEnv
    from quantrl.envs.portfolio import RELEASED, PortfolioConfig
    from quantrl.envs.rollout import Rollout, rollouts
    from quantrl.envs.sb3 import PortfolioVecEnv
    from quantrl.envs.single import PortfolioEnv
    from quantrl.envs.vector import PortfolioVectorEnv

_NAMES = {
    "RELEASED": "portfolio",
    "Market": "market",
    "ObsLayout": "layout",
    "PairConfig": "pair",
    "PairEnv": "pair",
    "PairLayout": "pair",
    "PairVecEnv": "pair",
    "PairVectorEnv": "pair",
    "PortfolioConfig": "portfolio",
    "PortfolioEnv": "single",
    "PortfolioVecEnv": "sb3",
    "PortfolioVectorEnv": "vector",
    "Rollout": "rollout",
    "action_bounds": "bounds",
    "make_vec_env": "make",
    "rollouts": "rollout",
}

__all__ = [
    "RELEASED",
    "Market",
    "ObsLayout",
    "PairConfig",
    "PairEnv",
    "PairLayout",
    "PairVecEnv",
    "PairVectorEnv",
    "PortfolioConfig",
    "PortfolioEnv",
    "PortfolioVecEnv",
    "PortfolioVectorEnv",
    "Rollout",
    "action_bounds",
    "make_vec_env",
    "rollouts",
]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"quantrl.envs.{_NAMES[name]}"), name)
    raise AttributeError(f"module 'quantrl.envs' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
