"""A portfolio agent trained for the Sharpe ratio after costs, after arXiv 2412.18563.

Names are imported when first used: deciding needs no torch, training does.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantrl.agents.sharpe_portfolio.agent import SPEC, build
    from quantrl.agents.sharpe_portfolio.audit import audit_released, replay_released
    from quantrl.agents.sharpe_portfolio.portfolio import SharpePortfolio
    from quantrl.agents.sharpe_portfolio.training.config import TrainConfig

_NAMES = {
    "SPEC": "agent",
    "SharpePortfolio": "portfolio",
    "TrainConfig": "training.config",
    "audit_released": "audit",
    "build": "agent",
    "replay_released": "audit",
}

__all__ = ["SPEC", "SharpePortfolio", "TrainConfig", "audit_released", "build", "replay_released"]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"quantrl.agents.sharpe_portfolio.{_NAMES[name]}"), name)
    raise AttributeError(f"module 'quantrl.agents.sharpe_portfolio' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
