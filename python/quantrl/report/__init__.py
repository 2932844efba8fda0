"""Pages and tables built from a run folder and nothing else.

`write_report` makes one offline HTML file and needs ``quantrl[report]`` (plotly); `text`, `leaderboard_table`
and `books_table` need only the base package.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantrl.report._tables import books_table, leaderboard_table
    from quantrl.report._text import text
    from quantrl.report.page import write_report

__all__ = ["books_table", "leaderboard_table", "text", "write_report"]

_HOME = {
    "books_table": "_tables",
    "leaderboard_table": "_tables",
    "text": "_text",
    "write_report": "page",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
