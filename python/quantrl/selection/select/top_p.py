"""As many agents as it takes to hold most of the best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from quantrl.selection._parameters import number, whole
from quantrl.selection.gate import GateReport
from quantrl.selection.rank import Ranking
from quantrl.selection.select import Selection, allowed, of_own_size
from quantrl.selection.select.top_k import TopK
from quantrl.typing import JsonObject


@final
@dataclass(frozen=True)
class TopP:
    """Takes allowed agents by P = P(among the K best) until these sum to p K: few where the ranking is sure, many where not.

    At least 1 agent, at most 2 K, and a slot for each: all capital is shared. The chances know no bonus for funded agents.

    Parameters
    ----------
    p : float
        Share of the K best that is to be held on average.
    k : int, optional
        K; as of `TopK` without it.
    """

    p: float = 0.8
    k: int | None = None

    def __post_init__(self) -> None:
        number("select top_p: p", self.p, 0, 1, above=True)
        if self.k is not None:
            whole("select top_p: k", self.k, 1)

    def slots(self, n_ready: int) -> int:
        """How many agents may be funded at once."""
        return 2 * TopK(self.k).slots(n_ready)

    def select(self, ranking: Ranking, report: GateReport, n_ready: int) -> Selection:
        """The most probable of the best; equal chances go to the lower id."""
        k = TopK(self.k).slots(n_ready)
        chance = ranking.p_top_k(k)
        chosen: list[int] = []
        held = 0.0
        for agent in sorted(allowed(ranking, report), key=lambda agent: (-chance[agent], agent))[: 2 * k]:
            chosen.append(agent)
            held += float(chance[agent])
            if held >= self.p * k:
                break
        return of_own_size(chosen, ranking, report, k)

    def settings(self) -> JsonObject:
        """Parameters."""
        return {"p": self.p, "k": self.k}
