"""The paper-trading daemon: a contest that decides live, in books that survive anything.

Names are imported when first used; SQLite comes with `Daemon`, not with the package.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantrl.live._export import export
    from quantrl.live._replay import replay
    from quantrl.live.checking import verify
    from quantrl.live.config import PaperConfig
    from quantrl.live.engine import Daemon

__all__ = ["Daemon", "PaperConfig", "export", "replay", "verify"]

_HOME = {
    "Daemon": "engine",
    "PaperConfig": "config",
    "export": "_export",
    "replay": "_replay",
    "verify": "checking",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
