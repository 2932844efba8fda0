"""Markdown tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def rows(head: Sequence[str], cells: Iterable[Sequence[str]]) -> str:
    """A table whose first column is to the left, the rest to the right; ends with a line break."""
    lines = [_row(head), "|---|" + "---:|" * (len(head) - 1), *(_row(one) for one in cells)]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
