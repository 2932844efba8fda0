"""The chosen stay chosen for n days; on the days between only what no longer fits leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from quantrl.contest.context import Context, Offers
from quantrl.contest.context.all import All
from quantrl.contest.context.sigmoid import Sigmoid
from quantrl.errors import ConfigError
from quantrl.typing import JsonObject


@final
@dataclass(frozen=True)
class Rebuild:
    """Chooses anew every n days.

    Parameters
    ----------
    context : Context
        How.
    every : int
        n, days.
    phase : int
        Chooses on days t with t mod n = phase; a report shows all n of them.
    """

    context: Context
    every: int = 3
    phase: int = 0

    def __post_init__(self) -> None:
        if self.every < 1 or not 0 <= self.phase < self.every:
            raise ConfigError(
                f"every, phase: expected at least 1 and a phase below it, got {self.every} and {self.phase}"
            )

    def choose(self, offers: Offers, before: tuple[int, ...] | None) -> tuple[int, ...]:
        """Agents in charge today.

        Parameters
        ----------
        offers : Offers
            With `day`.
        before : tuple of int, optional
            Agents in charge yesterday, whether or not their factor was read; None = choose now.
        """
        if before is None or offers.day % self.every == self.phase:
            return self.context.choose(offers)
        return before

    def read(self, chosen: tuple[int, ...], offers: Offers) -> tuple[int, ...]:
        """Which of the agents in charge are read today, ascending.

        Those who abstain are not; while the rest is longer than the way they were chosen allows, the lowest u per token
        leaves first, of equals the higher id.
        """
        left = [agent for agent in chosen if not np.isnan(offers.u[agent])]
        order = sorted(left, key=lambda agent: (offers.u[agent] / max(int(offers.tokens[agent]), 1), -agent))
        for agent in order:
            if int(offers.tokens[left].sum()) <= self._limit(offers):
                break
            left.remove(agent)
        return tuple(sorted(left))

    def settings(self) -> JsonObject:
        """Parameters."""
        name = type(self.context).__module__.rpartition(".")[2]
        return {
            "context": {"name": name, **self.context.settings()},
            "every": self.every,
            "phase": self.phase,
        }

    def _limit(self, offers: Offers) -> int:
        """Tokens: those of the offers, but for who has a limit of its own, or none."""
        if isinstance(self.context, All):
            return int(offers.tokens.sum())
        return self.context.longest if isinstance(self.context, Sigmoid) else offers.capacity
