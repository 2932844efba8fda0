"""quantrl: backtest, rank and fund trading agents of every kind on one Rust engine.

Names are imported when first used, so ``import quantrl`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from quantrl import errors

if TYPE_CHECKING:
    from quantrl import agents, backtest, config, data, metrics, registry, report, rng, runs, selection, units
    from quantrl.agent import Agent, AgentSpec, Decision, Evidence

__version__ = "0.1.0"

_MODULES = frozenset(
    {
        "agents",
        "backtest",
        "config",
        "data",
        "metrics",
        "registry",
        "report",
        "rng",
        "runs",
        "selection",
        "units",
    }
)
_NAMES = dict.fromkeys(("Agent", "AgentSpec", "Decision", "Evidence"), "quantrl.agent")

__all__ = [
    "Agent",
    "AgentSpec",
    "Decision",
    "Evidence",
    "__version__",
    "agents",
    "backtest",
    "config",
    "data",
    "errors",
    "metrics",
    "registry",
    "report",
    "rng",
    "runs",
    "selection",
    "units",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"quantrl.{name}")
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    raise AttributeError(f"module 'quantrl' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
