"""The K highest keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from quantrl.selection._parameters import whole
from quantrl.selection.gate import GateReport
from quantrl.selection.rank import Ranking
from quantrl.selection.select import Selection, allowed
from quantrl.typing import JsonObject

MOST = 5
ONE_IN = 8


@final
@dataclass(frozen=True)
class TopK:
    """Funds the K allowed agents of highest key; the ranking's key already favours those funded now.

    Parameters
    ----------
    k : int, optional
        Slots; without it one in eight ready agents, at most 5, at least 2 where 4 or more are ready.
    """

    k: int | None = None

    def __post_init__(self) -> None:
        if self.k is not None:
            whole("select top_k: k", self.k, 1)

    def slots(self, n_ready: int) -> int:
        """How many agents may be funded at once."""
        if self.k is not None:
            return self.k
        slots = min(MOST, -(-n_ready // ONE_IN))
        return max(2, slots) if n_ready >= 4 else slots

    def select(self, ranking: Ranking, report: GateReport, n_ready: int) -> Selection:
        """The best allowed agents, ties by id."""
        k = self.slots(n_ready)
        ids = allowed(ranking, report)
        chosen, rest = ids[:k], ids[k:]
        if not (chosen and rest):
            return Selection(tuple(chosen), k, rest[0] if rest else None)
        gap = float(ranking.key[chosen[-1]] - ranking.key[rest[0]])
        return Selection(tuple(chosen), k, rest[0], gap)

    def settings(self) -> JsonObject:
        """Parameters."""
        return {"k": self.k}
