"""Allocators: how much capital each funded agent gets. One final class per file."""

from __future__ import annotations

from typing import Protocol

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
