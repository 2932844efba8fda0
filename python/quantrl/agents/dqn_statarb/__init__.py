"""Deep Q-learning on the spread of a pair in two order books, after arXiv 2311.10718.

Names are imported when first used: deciding needs no torch, training does.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantrl.agents.dqn_statarb.adapt import Drift, DriftWatch
    from quantrl.agents.dqn_statarb.agent import SPEC, build
    from quantrl.agents.dqn_statarb.config import StatArbTrain
    from quantrl.agents.dqn_statarb.pairs import select_pairs
    from quantrl.agents.dqn_statarb.statarb import DqnStatArb
    from quantrl.agents.dqn_statarb.truth import ou_thresholds

_NAMES = {
    "SPEC": "agent",
    "DqnStatArb": "statarb",
    "Drift": "adapt",
    "DriftWatch": "adapt",
    "StatArbTrain": "config",
    "build": "agent",
    "ou_thresholds": "truth",
    "select_pairs": "pairs",
}

__all__ = [
    "SPEC",
    "DqnStatArb",
    "Drift",
    "DriftWatch",
    "StatArbTrain",
    "build",
    "ou_thresholds",
    "select_pairs",
]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"quantrl.agents.dqn_statarb.{_NAMES[name]}"), name)
    raise AttributeError(f"module 'quantrl.agents.dqn_statarb' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
