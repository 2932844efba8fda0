"""Drawdowns of an account: the path, and the deepest spells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantrl.typing import FloatArray


@dataclass(frozen=True)
class Spell:
    """One spell under water.

    Parameters
    ----------
    depth : float
        Negative fraction of the peak.
    peak, trough : int
        Rows of the last high before and of the lowest point.
    recovered : int or None
        Row at which the old high was reached again; None while it has not been.
    """

    depth: float
    peak: int
    trough: int
    recovered: int | None


def drawdown_path(equity: FloatArray) -> FloatArray:
    """(T,) equity over its running maximum less one: 0 at a high, negative below it. NaN stays NaN."""
    peak = np.fmax.accumulate(equity)
    out = np.full(len(equity), np.nan)
    np.divide(equity, peak, out=out, where=peak > 0)
    return out - 1.0


def worst_spells(equity: FloatArray, count: int = 10) -> list[Spell]:
    """The `count` deepest spells, deepest first; equal depths in order of time."""
    path = drawdown_path(equity)
    under = path < 0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], under, [False]]).astype(np.int8)))
    spells = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        trough = int(start + np.argmin(path[start:end]))
        recovered = int(end) if end < len(path) else None
        spells.append(Spell(float(path[trough]), int(start) - 1, trough, recovered))
    return sorted(spells, key=lambda spell: (spell.depth, spell.peak))[:count]
