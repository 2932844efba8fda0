"""Whether the agents use what they read: the same contest with names hidden and dates moved, or with its news turned round.

`hide` and `turn` change the data, `compare` puts two runs side by side.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantrl.contest.probe._hide import Hidden, hide
    from quantrl.contest.probe._run import probe
    from quantrl.contest.probe._turn import turn
    from quantrl.contest.probe.comparison import Probe, compare

_HOME = {
    "Hidden": "_hide",
    "Probe": "comparison",
    "compare": "comparison",
    "hide": "_hide",
    "probe": "_run",
    "turn": "_turn",
}

__all__ = ["Hidden", "Probe", "compare", "hide", "probe", "turn"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
