"""The part of a view that an observation shows, the same numbers as a `Market` of the past would give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from quantrl.typing import BoolArray, FloatArray

if TYPE_CHECKING:
    from quantrl.agents.sharpe_portfolio.model import Member
    from quantrl.data import View


@dataclass(frozen=True)
class Window:
    """The newest W bars.

    Attributes
    ----------
    prices : (W, K, F) float32
        Log prices on the total-return chain less the last close, of the names with a full window.
    complete : (N,) bool
        Which names those are.
    """

    prices: NDArray[np.float32]
    complete: BoolArray

    @staticmethod
    def of(view: View, rules: Member) -> Window:
        """From a view with at least W + 1 bars."""
        close = filled(view, "close", rules.window)
        complete = np.isfinite(close).all(axis=0) & ~np.isnan(view.last("close"))
        growth = chain(view, rules.window)[:, complete]
        back = np.cumsum(np.log(growth[:0:-1]), axis=0)[::-1]
        level = np.concatenate([-back, np.zeros((1, back.shape[1]))])
        known = view.window("close", rules.window)[:, complete]
        columns = []
        for name in rules.columns:
            ratio = view.window(name, rules.window)[:, complete] / known
            columns.append(
                level + np.where(np.isnan(ratio), 0.0, np.log(np.where(np.isnan(ratio), 1.0, ratio)))
            )
        return Window(np.ascontiguousarray(np.stack(columns, axis=2), dtype=np.float32), complete)


def filled(view: View, column: str, n: int) -> FloatArray:
    """(n, N) the newest values, a missing one replaced by the last before it."""
    values = view[column]
    recent = values[view.n - n :]
    if not np.isnan(recent).any():
        return recent
    rows = np.where(np.isnan(values), -1, np.arange(len(values))[:, None])
    last = np.maximum.accumulate(rows, axis=0)[view.n - n :]
    kept = np.take_along_axis(values, np.maximum(last, 0), axis=0)
    return np.where(last < 0, np.nan, kept)


def chain(view: View, n: int) -> FloatArray:
    """(n, N) close over previous close of the newest bars with splits and dividends; 1 where there is none."""
    if "preclose" in view:
        growth = view.window("close", n) / view.window("preclose", n)
    else:
        column = "adj_close" if "adj_close" in view else "close"
        values = filled(view, column, n + 1)
        growth = view.window(column, n) / values[:-1]
    result: FloatArray = np.where(np.isnan(growth), 1.0, growth)
    return result


def relatives(view: View, bar: int, *, at_open: bool) -> tuple[FloatArray, FloatArray | None]:
    """Growth of every name on one bar up to the fill point, and from there to the close where that is later."""
    past = view.n - bar
    whole = np.ascontiguousarray(chain(view, past)[0])
    if not at_open or "open" not in view:
        return whole, None
    opened = view.row("open", bar) / view.row("close", bar)
    ratio = np.where(np.isnan(opened), 1.0, opened)
    return whole * ratio, np.ascontiguousarray(1.0 / ratio)
