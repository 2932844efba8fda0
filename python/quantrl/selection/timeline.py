"""When a contest's decisions take effect, and when their results are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quantrl.data.view import NEVER
from quantrl.typing import IntArray

if TYPE_CHECKING:
    from quantrl.data import Panel

_COLUMNS = {
    "next_open": ("open",),
    "next_typical": ("high", "low", "close"),
    "next_close": ("close",),
    "close": ("close",),
}


class Timeline:
    """Times of a panel under one fill.

    Parameters
    ----------
    panel : Panel
    fill : str

    Attributes
    ----------
    delay : int
        Bars from a decision to its fill point.
    fill_at : (T,) int64
        Fill point of each bar, ns: its close, or just after the bar before for a fill inside the bar.
    priced_at : (T,) int64
        When the value of an account at the bar's fill point is known: all prices up to then.
    known : (T,) int64
        Newest bar up to which every price is known at the end of bar t; t itself unless prices arrive late.
    """

    def __init__(self, panel: Panel, fill: str) -> None:
        self.time: IntArray = panel.time
        self.fill = fill
        self.delay = 0 if fill == "close" else 1
        before = np.concatenate([self.time[:1] - 1, self.time[:-1]])
        self.fill_at = self.time if fill in ("next_close", "close") else before + 1
        self.priced_at: IntArray = np.maximum.accumulate(_arrival(panel, {*_COLUMNS[fill], "close"}))
        self.known = np.searchsorted(self.priced_at, self.time, side="right") - 1

    def effective(self, decision: int) -> int | None:
        """Fill point of the decision after this bar; None if no later bar can fill it."""
        bar = decision + self.delay
        return int(self.fill_at[bar]) if bar < len(self.time) else None

    def announced(self, decision: int) -> int | None:
        """The fill point as far as it is certain when deciding; the next close is not."""
        if self.fill == "next_close":
            return None
        return int(self.time[decision]) + self.delay


def _arrival(panel: Panel, columns: set[str]) -> IntArray:
    """(T,) when the last value of these columns on each bar arrived; not before the bar ends."""
    latest = panel.time.copy()
    for column in sorted(columns):
        if column in panel.late:
            at = panel.available_at(column)
            at = at if at.ndim == 2 else np.broadcast_to(at[:, None], panel.shape)
            # A missing price is told from a late one only when it would have arrived.
            latest = np.maximum(latest, np.where(at == NEVER, panel.time[:, None], at).max(axis=1))
    return latest
