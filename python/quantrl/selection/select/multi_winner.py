"""A committee elected by several rankings, with quotas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

import numpy as np

from quantrl.errors import ConfigError
from quantrl.selection._parameters import one_of, whole
from quantrl.selection.gate import GateReport
from quantrl.selection.learning import News
from quantrl.selection.rank import Ranking
from quantrl.selection.rank._voting import average_places
from quantrl.selection.select import Selection, allowed, committee
from quantrl.selection.select._committee import RULES, elect
from quantrl.selection.select.top_k import TopK
from quantrl.typing import FloatArray, IntArray, JsonObject

GROUPINGS = ("family", "cluster", "standing")
EACH = "*"
ROOKIE, FUNDED = "rookie", "funded"


@final
class MultiWinner:
    """Elects K allowed agents by the ballots behind the ranking: one of each voter of the pipeline.

    A voter gives an agent m points less its place among the m allowed agents.

    Parameters
    ----------
    rule : str
        ``k_borda``: most points in all. ``cc``: every voter has one member it likes. ``pav``: voters share the members in
        proportion.
    quotas : mapping of str to int
        Most members of a group; ``"*"`` stands for every group that is not named. What they keep empty stays cash.
    by : str
        What groups are: ``family`` (kinds of agents: ``rule``, ``rl``, ``llm`` ...), ``cluster`` (copies; only ``"*"`` can
        be named) or ``standing`` (``rookie``: not funded until now, ``funded``).
    k : int, optional
        K; as of `TopK` without it.

    Raises
    ------
    ConfigError
        An unknown rule, grouping or group, or a negative quota.

    References
    ----------
    Faliszewski, Skowron, Slinko and Talmon (2017), Multiwinner voting: a new challenge, ch. 2 of Trends in computational
    social choice; Subset selection from multiple rankings (2023), arXiv 2306.09835.
    """

    def __init__(
        self,
        rule: str = "k_borda",
        quotas: Mapping[str, int] | None = None,
        by: str = "family",
        k: int | None = None,
    ) -> None:
        self.rule = one_of("select multi_winner: rule", rule, tuple(RULES))
        self.by = one_of("select multi_winner: by", by, GROUPINGS)
        self.k = None if k is None else whole("select multi_winner: k", k, 1)
        if not isinstance(quotas, Mapping | None):
            raise ConfigError(f"select multi_winner: quotas: expected a table of limits, got {quotas!r}")
        known = {"cluster": (EACH,), "standing": (ROOKIE, FUNDED, EACH)}.get(by)
        self.quotas: dict[str, int] = {}
        for group, limit in (quotas or {}).items():
            if known is not None:
                one_of(f"select multi_winner: group of quotas by {by}", group, known)
            self.quotas[group] = whole(f"select multi_winner: quotas.{group}", limit, 0)
        self._groups: tuple[str, ...] = ()

    def learn(self, news: News) -> None:
        """See who belongs to which group."""
        if self.by == "family":
            self._groups = news.family
        elif self.by == "cluster":
            self._groups = tuple(map(str, news.clusters.tolist()))
        else:
            self._groups = tuple(FUNDED if held else ROOKIE for held in news.held.tolist())

    def slots(self, n_ready: int) -> int:
        """How many agents may be funded at once."""
        return TopK(self.k).slots(n_ready)

    def select(self, ranking: Ranking, report: GateReport, n_ready: int) -> Selection:
        """The committee, best placed first; equal gains go to the better placed, as when a voter wants nothing more."""
        k = self.slots(n_ready)
        ids = allowed(ranking, report)
        ballots = ranking.ballots()
        group, limit = self._limits(ids, k)
        chosen = elect(self.rule, points(ballots.places[:, ids]), ballots.weights, k, group, limit)
        return committee([ids[place] for place in chosen], ranking, report, k)

    def _limits(self, ids: list[int], k: int) -> tuple[IntArray, IntArray]:
        names = [self._groups[agent] if agent < len(self._groups) else "" for agent in ids]
        different = sorted(set(names))
        limits = [self.quotas.get(name, self.quotas.get(EACH, k)) for name in different]
        group = np.array([different.index(name) for name in names], dtype=np.int64)
        return group, np.array(limits, dtype=np.int64)

    def settings(self) -> JsonObject:
        """Parameters."""
        return {"rule": self.rule, "quotas": dict(self.quotas), "by": self.by, "k": self.k}

    def state_dict(self) -> dict[str, Any]:
        """Nothing is kept from one decision to the next."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing to continue from."""


def points(places: FloatArray) -> FloatArray:
    """(V, m) m less the place among these m candidates; a tie shares."""
    found = [places.shape[1] - average_places(-row) for row in places]
    return np.array(found).reshape(places.shape)
