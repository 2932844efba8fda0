"""The control: factors in a random order, while they fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from quantrl.contest.context import Offers, fitted
from quantrl.errors import ConfigError
from quantrl.rng import generator
from quantrl.typing import JsonObject

_STREAM = 2508


@final
@dataclass(frozen=True)
class Random:
    """Agents with a factor in an order drawn anew each day, whatever their utility, while they fit.

    Parameters
    ----------
    seed : int
        With the day, the address of the draw.
    k : int, optional
        At most so many; without it as many as fit.
    """

    seed: int = 0
    k: int | None = None

    def __post_init__(self) -> None:
        if self.seed < 0 or (self.k is not None and self.k < 1):
            raise ConfigError(f"seed, k: expected at least 0 and 1, got {self.seed} and {self.k}")

    def choose(self, offers: Offers) -> tuple[int, ...]:
        """Chosen ids, ascending."""
        # The order is of all agents, so that who abstains moves no other.
        order = generator(self.seed, _STREAM, "baseline", draw=offers.day).permutation(len(offers.u)).tolist()
        present = set(offers.present.tolist())
        return fitted([agent for agent in order if agent in present][: self.k], offers)

    def settings(self) -> JsonObject:
        """Parameters."""
        return {"seed": self.seed, "k": self.k}


BUILD = Random
