"""What the contest commands print, made from ``report.json``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from quantrl import report as pages
from quantrl.cli import wording

if TYPE_CHECKING:
    from rich.console import RenderableType

    from quantrl.typing import JsonObject

TOP = 10


def summary(report: JsonObject, width: int) -> Iterator[RenderableType]:
    """Leaderboard's top rows, books with intervals, the effect of later feedback, the audit."""
    yield board(report, width, TOP)
    rest = len(report["leaderboard"]) - TOP
    if rest > 0:
        yield f"and {rest} more agents"
    yield pages.books_table(report, width=width)
    line = wording.delay_line(report["delay"])
    if line:
        yield line
    audit = report["audit"]
    yield f"audit: {audit['decisions']} decisions, {audit['breaches']} breaches"


def board(report: JsonObject, width: int, top: int | None = None) -> RenderableType:
    """The leaderboard, best first, with at most `top` rows."""
    rows = sorted(report["leaderboard"], key=lambda row: int(row["pos"]))
    return pages.leaderboard_table({**report, "leaderboard": rows[:top]}, width=width)
