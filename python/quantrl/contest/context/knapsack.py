"""The paper's choice: the most utility that fits, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from quantrl import _core
from quantrl.contest.context import Offers
from quantrl.typing import JsonObject


@final
@dataclass(frozen=True)
class Knapsack:
    """max sum u_i w_i with sum l_i w_i <= L*, w_i in {0, 1}: eq. (7), by dynamic programming on a grid of one token.

    Ties go to fewer tokens, then to the lower ids. O(A L*).
    """

    def choose(self, offers: Offers) -> tuple[int, ...]:
        """Chosen ids, ascending."""
        return solve(offers, offers.capacity)

    def settings(self) -> JsonObject:
        """Parameters."""
        return {}


def solve(offers: Offers, capacity: int) -> tuple[int, ...]:
    """The best set within `capacity` tokens, whatever the offers' own."""
    ids = offers.useful
    chosen = _core.knapsack(offers.u[ids], offers.tokens[ids].astype(np.uint64), capacity)
    return tuple(ids[chosen].tolist())


BUILD = Knapsack
