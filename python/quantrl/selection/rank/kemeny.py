"""The order that contradicts the voters least."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from quantrl.selection.rank._agreement import improved, least
from quantrl.selection.rank._subsets import is_exact, keys_of
from quantrl.selection.rank._voting import Opinions, Voting
from quantrl.typing import FloatArray, JsonObject


@final
@dataclass(frozen=True)
class Kemeny(Voting):
    """Orders so that the weight of voters who want a pair the other way round is least, summed over all pairs.

    Parameters
    ----------
    exact : bool, optional
        True: the least of all orders, and an error above 14 ready agents. False: Borda's order, then the best move of one
        agent until none helps. Without it the least up to 14 and moves above.

    References
    ----------
    Kemeny (1959), Mathematics without numbers, Daedalus 88(4).
    """

    exact: bool | None = None

    def keys(self, opinions: Opinions) -> FloatArray:
        """(m,) the place, negated.

        Raises
        ------
        ConfigError
            `exact` above 14 agents.
        """
        prefer = opinions.prefer()
        if is_exact(self._name, self.exact, len(prefer)):
            return keys_of(least(prefer))
        mean_place = np.round(np.einsum("v,vi->i", opinions.weights, opinions.places), 12)
        return keys_of(improved(np.argsort(mean_place, kind="stable"), prefer))

    def settings(self) -> JsonObject:
        """Parameters."""
        return {**super().settings(), "exact": self.exact}
