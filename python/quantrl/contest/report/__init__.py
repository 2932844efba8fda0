"""The report of a contest: one JSON object, and Markdown, a page and terminal tables that show nothing else."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantrl.contest.report._banner import banner
    from quantrl.contest.report._build import build
    from quantrl.contest.report._cost import Costs, cost
    from quantrl.contest.report._explain import Explanation, explain
    from quantrl.contest.report._markdown import markdown
    from quantrl.contest.report._momentum import Momentum, momentum
    from quantrl.contest.report._terminal import terminal
    from quantrl.contest.report._write import write, write_page

_HOME = {
    "banner": "_banner",
    "build": "_build",
    "Costs": "_cost",
    "cost": "_cost",
    "Explanation": "_explain",
    "explain": "_explain",
    "markdown": "_markdown",
    "Momentum": "_momentum",
    "momentum": "_momentum",
    "terminal": "_terminal",
    "write": "_write",
    "write_page": "_write",
}

__all__ = [
    "Costs",
    "Explanation",
    "Momentum",
    "banner",
    "build",
    "cost",
    "explain",
    "markdown",
    "momentum",
    "terminal",
    "write",
    "write_page",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
