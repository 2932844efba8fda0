"""Batched portfolio environments over the Rust engine, for Stable-Baselines3 and Gymnasium.

Names are imported when first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantrl.envs.layout import ObsLayout
    from quantrl.envs.portfolio import RELEASED, PortfolioConfig

_NAMES = {
    "RELEASED": "portfolio",
    "ObsLayout": "layout",
    "PortfolioConfig": "portfolio",
}

__all__ = ["RELEASED", "ObsLayout", "PortfolioConfig"]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"quantrl.envs.{_NAMES[name]}"), name)
    raise AttributeError(f"module 'quantrl.envs' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
