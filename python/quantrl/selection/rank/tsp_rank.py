"""The path along which each agent most probably stands above the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from quantrl.selection.rank import posterior_draws
from quantrl.selection.rank._best_path import improved, inserted, longest
from quantrl.selection.rank._subsets import is_exact, keys_of
from quantrl.selection.rank._voting import Opinions, Voting
from quantrl.typing import FloatArray, JsonObject


@final
@dataclass(frozen=True)
class TspRank(Voting):
    """Orders by the open path of largest sum of A[i, j] over neighbours, A the share of posterior draws with i above j.

    Only neighbours count, so that an order Borda calls as good may be another here.

    Parameters
    ----------
    exact : bool, optional
        True: the best of all paths, and an error above 14 ready agents. False: greedy insertion, then moves of one to three
        neighbours until none helps. Without it the best up to 14 and moves above.

    References
    ----------
    TSPRank (2024), arXiv 2411.12064.
    """

    exact: bool | None = None

    def keys(self, opinions: Opinions) -> FloatArray:
        """(m,) the place, negated.

        Raises
        ------
        ConfigError
            `exact` above 14 agents.
        """
        above = self.above(opinions)
        if is_exact(self._name, self.exact, len(above)):
            return keys_of(longest(above))
        return keys_of(improved(inserted(above), above))

    def above(self, opinions: Opinions) -> FloatArray:
        """(m, m) weighted share of draws with i above j; 1 of a known above an unknown agent, 1/2 of two unknown ones."""
        m = len(opinions.agents)
        share = np.zeros((m, m))
        for centre, sd, weight in zip(opinions.centre, opinions.sd, opinions.weights.tolist(), strict=True):
            for i in range(m):
                for j in range(i + 1, m):
                    over = self._over(opinions, [i, j], centre, sd)
                    share[i, j] += weight * over
                    share[j, i] += weight * (1.0 - over)
        return share

    def _over(self, opinions: Opinions, pair: list[int], centre: FloatArray, sd: FloatArray) -> float:
        if np.isnan(centre[pair]).all():
            return 0.5
        two, agents = np.full((2, opinions.n_agents), np.nan), opinions.agents[pair]
        two[0, agents], two[1, agents] = centre[pair], sd[pair]
        return float(posterior_draws(self.seed, opinions.n_agents).top_k(two[0], two[1], 1)[agents[0]])

    def settings(self) -> JsonObject:
        """Parameters."""
        return {**super().settings(), "exact": self.exact}
