"""Numbers as a person reads them in a terminal; books and leaderboard are the tables of `quantrl.report`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

BLANK = "-"


def percent(value: float | None, digits: int = 1) -> str:
    """A fraction as a percentage."""
    return BLANK if value is None else f"{value * 100:.{digits}f} %"


def number(value: float | None, digits: int = 2) -> str:
    """A plain number."""
    return BLANK if value is None else f"{value:.{digits}f}"


def delay_line(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """What one more day of feedback delay does to the contest's Sharpe; a jump would betray a leak."""
    sharpe = {row["delay"]: row.get("sharpe") for row in rows}
    now, later = sharpe.get(0), sharpe.get(1)
    if now is None or later is None:
        return None
    change = f"Sharpe {now:.3f} -> {later:.3f} ({later - now:+.3f})"
    return f"feedback one day later: {change}; a jump would betray a leak"
