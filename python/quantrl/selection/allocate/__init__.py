"""Allocators: how much capital each funded agent gets. One final class per file."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from quantrl.selection.frame import ScoreFrame
from quantrl.selection.select import Selection
from quantrl.typing import FloatArray, JsonObject


class Allocator(Protocol):
    """Capital shares; the factor to target volatility is applied when the orders are netted."""

    def allocate(self, selection: Selection, frame: ScoreFrame) -> FloatArray:
        """(A,) shares, none negative, summing to at most one; what is left is cash."""
        ...

    def settings(self) -> JsonObject:
        """Parameters."""
        ...


def among(selection: Selection, worth: FloatArray) -> FloatArray:
    """(A,) the capital of the filled slots in proportion to what the funded agents are worth; equal where that is nothing.

    Parameters
    ----------
    worth : (A,) float64
        None negative; only those of funded agents are read.
    """
    shares = np.zeros(len(worth))
    ids = list(selection.agents)
    if ids:
        own = worth[ids]
        largest = float(own.max())
        relative = own / largest if largest > 0 else np.ones(len(ids))
        shares[ids] = relative / float(relative.sum()) * (len(ids) / selection.k)
    return shares
