"""Several runs on one page: what they show, what they do not, and the commands behind every number."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantrl.contest.study._page import page
    from quantrl.contest.study.material import Material, read

_HOME = {"Material": "material", "page": "_page", "read": "material"}

__all__ = ["Material", "page", "read"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
