"""Batched environments of one pair in two order books, for Stable-Baselines3 and Gymnasium.

Names are imported when first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantrl.envs.pair.batch import PairBatch
    from quantrl.envs.pair.config import THETA, PairConfig
    from quantrl.envs.pair.layout import PairLayout
    from quantrl.envs.pair.sb3 import PairVecEnv
    from quantrl.envs.pair.single import PairEnv
    from quantrl.envs.pair.vector import PairVectorEnv

_NAMES = {
    "THETA": "config",
    "PairBatch": "batch",
    "PairConfig": "config",
    "PairEnv": "single",
    "PairLayout": "layout",
    "PairVecEnv": "sb3",
    "PairVectorEnv": "vector",
}

__all__ = ["THETA", "PairBatch", "PairConfig", "PairEnv", "PairLayout", "PairVecEnv", "PairVectorEnv"]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"quantrl.envs.pair.{_NAMES[name]}"), name)
    raise AttributeError(f"module 'quantrl.envs.pair' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
