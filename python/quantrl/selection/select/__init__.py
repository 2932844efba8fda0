"""Selectors: who of those allowed is funded. One final class per file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from quantrl.selection.gate import GateReport
from quantrl.selection.rank import Ranking
from quantrl.typing import JsonObject


@dataclass(frozen=True)
class Selection:
    """Funded agents, best first.

    Attributes
    ----------
    agents : tuple of int
        At most `k`; an empty slot stays cash.
    k : int
        Slots.
    runner_up : int or None
        The best allowed agent without a slot.
    gap : float or None
        Key of the last funded agent less that of the runner-up.
    """

    agents: tuple[int, ...]
    k: int
    runner_up: int | None = None
    gap: float | None = None


class Selector(Protocol):
    """Picks from those the gate lets through."""

    def slots(self, n_ready: int) -> int:
        """How many agents may be funded at once."""
        ...

    def select(self, ranking: Ranking, report: GateReport, n_ready: int) -> Selection:
        """Choose."""
        ...

    def settings(self) -> JsonObject:
        """Parameters."""
        ...
