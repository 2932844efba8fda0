"""Selectors: who of those allowed is funded. One final class per file."""

from __future__ import annotations

from collections.abc import Collection
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


def allowed(ranking: Ranking, report: GateReport) -> list[int]:
    """Agents the gate lets through, best placed first."""
    return [agent for agent in ranking.order.tolist() if report.ok[agent]]


def committee(members: Collection[int], ranking: Ranking, report: GateReport, k: int) -> Selection:
    """These agents in up to `k` slots, best placed first; what a key lacks to a set has no number."""
    ids = allowed(ranking, report)
    rest = [agent for agent in ids if agent not in members]
    return Selection(tuple(agent for agent in ids if agent in members), k, rest[0] if rest else None)


def of_own_size(members: Collection[int], ranking: Ranking, report: GateReport, k: int) -> Selection:
    """These agents in as many slots; where nobody else may be funded, slots up to `k` stay cash."""
    left = any(agent not in members for agent in allowed(ranking, report))
    return committee(members, ranking, report, len(members) if left else max(len(members), k))
