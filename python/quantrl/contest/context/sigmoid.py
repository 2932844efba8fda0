"""Value discounted by length: eq. (4)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import numpy as np

from quantrl import _core
from quantrl.contest.context import Offers
from quantrl.contest.context.knapsack import solve
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray, JsonObject

MIDDLE = 32_000
STEEPNESS = 2.5e-4
LONGEST = 64_000


def discount(tokens: FloatArray, *, middle: float = MIDDLE, steepness: float = STEEPNESS) -> FloatArray:
    """DC(L) = 1 / (1 + exp(k (L - L0))), eq. (3)."""
    return 1.0 / (1.0 + np.exp(np.minimum(steepness * (tokens - middle), 700.0)))


@final
@dataclass(frozen=True)
class Sigmoid:
    """argmax over L of best(L) DC(L): eq. (4); the offers' own limit is not read.

    Parameters
    ----------
    longest : int
        Tokens above which nothing is tried.
    middle : float
        L0, where half the value is left.
    steepness : float
        k; not published, so chosen that DC(16k) = .982.

    Notes
    -----
    DC falls, so whatever reaches the maximum at L has no equal in value below L: the best set within L tokens has
    exactly L.
    """

    longest: int = LONGEST
    middle: float = MIDDLE
    steepness: float = STEEPNESS

    def __post_init__(self) -> None:
        if self.longest < 0 or not 0 < self.steepness < math.inf or not math.isfinite(self.middle):
            raise ConfigError(
                f"longest, steepness: expected 0 or more and a positive number, got {self.longest} and {self.steepness}"
            )

    def choose(self, offers: Offers) -> tuple[int, ...]:
        """Chosen ids, ascending."""
        ids = offers.useful
        if not len(ids):
            return ()
        best = _core.knapsack_curve(offers.u[ids], offers.tokens[ids].astype(np.uint64), self.longest)
        reachable = np.where(np.isnan(best), 0.0, best)
        return solve(offers, int(np.argmax(reachable * self.discounts(len(best)))))

    def value(self, offers: Offers, chosen: tuple[int, ...]) -> float:
        """sum u_i DC(sum l_i) of a set."""
        ids = list(chosen)
        length = np.array([float(offers.tokens[ids].sum())])
        return float(offers.u[ids].sum() * discount(length, middle=self.middle, steepness=self.steepness)[0])

    def discounts(self, n: int) -> FloatArray:
        """DC of 0, 1, .. n-1 tokens."""
        return discount(np.arange(n, dtype=np.float64), middle=self.middle, steepness=self.steepness)

    def settings(self) -> JsonObject:
        """Parameters."""
        return {"longest": self.longest, "middle": self.middle, "steepness": self.steepness}


BUILD = Sigmoid
