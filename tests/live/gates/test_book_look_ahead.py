"""Nothing that happens after a bar changes what a daemon did up to it."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np

from counts import FULL
from live.gates.book import BARS, BOOK, Content, lived
from live.gates.kept import keep
from quantrl.data import Panel
from quantrl.live import events as ev

TIMES = 50 if FULL else 4
# The first bars fund nobody; most of the times lie where there is trading.
CHOSEN = [random.Random(60).randint(1 if n % 5 == 0 else 64, BARS - 2) for n in range(TIMES)]
MARKET = ev.KIND_OF[ev.Market]


def without(t: int) -> Panel:
    """The feed ends at bar t."""
    return BOOK.panel.head(t + 1)


def times_1000(t: int) -> Panel:
    """Every price after bar t is a thousand times what it was."""
    later = np.arange(BARS) > t
    columns = {
        name: np.where(later[:, None], values * 1_000, values) for name, values in BOOK.panel.columns.items()
    }
    return Panel.from_arrays(columns, BOOK.panel.time, BOOK.panel.instruments, periods_per_year=252.0)


def before(whole: Content, t: int) -> Content:
    """What happened until the bar after t came."""
    markets = [place for place, (kind, *_) in enumerate(whole) if kind == MARKET]
    return whole[: markets[t + 1]]


def other(quick: Path, cheat: str = "") -> list[tuple[str, int]]:
    """Where a changed future changed the past."""
    whole = lived(quick / "whole", BOOK.panel, BARS - 1, cheat)
    return [
        (change.__name__, t)
        for t in CHOSEN
        for change in (without, times_1000)
        if lived(quick / "changed", change(t), t, cheat) != before(whole, t)
    ]


def test_the_future_changes_nothing(quick: Path) -> None:
    found = other(quick)
    keep("book_look_ahead", "Look-ahead, daemon", {"runs": 2 * TIMES, "other": len(found)}, seeds="60")
    assert found == []


def test_agents_that_see_the_next_bar_are_caught(quick: Path) -> None:
    found = other(quick, "ahead")
    counts = {"runs": 2 * TIMES, "caught": len(found)}
    keep("book_look_ahead_ahead", "Look-ahead, daemon, sabotage: agents given t+1", counts, seeds="60")
    assert {change for change, _ in found} == {"without", "times_1000"}
    assert len(found) > TIMES / 2
