"""Small worlds with everything in them known by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from quantrl.contest import Clock, ContestView, Document, DocumentStore, Entities, Factor, FactorLine
from quantrl.contest.analysts.rules import Rules
from quantrl.contest.desk import Desk, Model
from quantrl.contest.llm.protocol import LLM, Request
from quantrl.contest.llm.scripted import Scripted
from quantrl.contest.llm.waves import Waves
from quantrl.contest.own_record import OwnRecord
from quantrl.contest.tools import LineShown, Scope
from quantrl.data import Panel
from quantrl.units import NS_PER_DAY, NS_PER_SECOND, ns_from_iso

START = ns_from_iso("2030-01-01T09:30:00+00:00")
HOUR = 3_600 * NS_PER_SECOND
NAMES = ("AAA", "BBB", "CCC")
OPEN: list[Waves] = []
"""Those to close after a test."""


def panel_of(closes: Any, symbols: Sequence[str] = NAMES, **columns: Any) -> Panel:
    """Days of 09:30 to 16:00 UTC on every day of the calendar, opening where the day before closed."""
    close = np.array(closes, dtype=np.float64)
    time = START + np.arange(len(close)) * NS_PER_DAY + 6 * HOUR + HOUR // 2
    opens = np.vstack([close[:1], close[:-1]])
    masks = {name: columns.pop(name) for name in ("tradable", "member") if name in columns}
    return Panel({"open": opens, "close": close} | columns, time, list(symbols), masks=masks)


def clock_of(panel: Panel) -> Clock:
    """Opens at 09:30 UTC, decides half an hour before."""
    return Clock.of_panel(panel, open_time="09:30 UTC")


def document(number: int, at: int, title: str, symbols: tuple[str, ...] = (), text: str = "") -> Document:
    """A document with an id of its own."""
    return Document(f"{number:016x}", "desk", title, text, at, at, symbols)


def growing(days: int = 30, rates: Sequence[float] = (0.01, 0.0, -0.01)) -> Panel:
    """Closes that grow by a constant rate each."""
    return panel_of(100.0 * np.cumprod(np.tile(1.0 + np.array(rates), (days, 1)), axis=0))


def scope_of(
    panel: Panel,
    t: int,
    documents: Sequence[Document] = (),
    own: OwnRecord | None = None,
    lines: tuple[LineShown, ...] = (),
    **more: Any,
) -> Scope:
    """What tools reach at d(t)."""
    now = clock_of(panel).d(t)
    view = ContestView(panel.as_of(now), DocumentStore(documents).as_of(now))
    universe = Entities(panel.instruments)
    return Scope(view, universe, own or OwnRecord(), lines, **more)


def desk_of(llm: LLM | None = None, **settings: Any) -> Desk:
    """Rules, or one double for everybody; settings are those of `Waves`."""
    waves = Waves({"rules": Rules()} if llm is None else {"double": llm}, **settings)
    OPEN.append(waves)
    return Desk(waves) if llm is None else Desk(waves, default=Model("double", "double"))


def double(script: Callable[[Request], Any], **settings: Any) -> tuple[Desk, Scripted]:
    """A desk with a scripted model behind it, and the model."""
    llm = Scripted(script)
    return desk_of(llm, **settings), llm


def factor(t: int, *lines: tuple[str, tuple[str, ...]], agent: str = "desk") -> Factor:
    """A factor of lines (text, refs)."""
    return Factor(agent, t, tuple(FactorLine(text, refs) for text, refs in lines), 10)
