"""Rank aggregators: from score frames to one order. One final class per file.

`_voting.Voting` is what those for several opinions share.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np

from quantrl import _core
from quantrl.selection.frame import ScoreFrame
from quantrl.typing import BoolArray, FloatArray, IntArray, JsonObject

DRAWS = 2_048


@dataclass(frozen=True)
class Ballots:
    """Several opinions on one field.

    Attributes
    ----------
    places : (V, A) float64
        Place of every agent on every ballot from 1, the mean of their places for those who tie; NaN where not ready.
    weights : (V,) float64
        Of the voters; they sum to one.
    """

    places: FloatArray
    weights: FloatArray


@dataclass(frozen=True)
class Ranking:
    """An order of agents 0..A-1.

    Attributes
    ----------
    key : (A,) float64
        What the order rests on, the bonus of funded agents included; NaN where not ready.
    pos : (A,) int64
        Place from 1; agents that are not ready come last, ties by id.
    order : (A,) int64
        Agents from first to last.
    votes : Ballots or None
        What was joined; None where the key is that of one scorer.
    """

    key: FloatArray
    pos: IntArray
    order: IntArray
    _chance: Callable[[int], FloatArray]
    votes: Ballots | None = None

    def ballots(self) -> Ballots:
        """The opinions behind the order; the order itself where there is but one."""
        if self.votes is not None:
            return self.votes
        places = np.where(np.isnan(self.key), np.nan, self.pos)
        return Ballots(places[None, :], np.ones(1))

    def p_top_k(self, k: int) -> FloatArray:
        """(A,) probability of being among the k best under the posterior. Computed when asked for."""
        return self._chance(k)


class RankAggregator(Protocol):
    """Joins the opinions of several scorers or judges."""

    def accept(self, n_frames: int) -> None:
        """Agree to join that many score frames.

        Raises
        ------
        ConfigError
            It cannot.
        """
        ...

    def rank(self, frames: Sequence[ScoreFrame], held: BoolArray) -> Ranking:
        """Order the agents; `held` (A,) marks those funded now."""
        ...

    def settings(self) -> JsonObject:
        """Parameters."""
        ...


def ordered(key: FloatArray, chance: Callable[[int], FloatArray], votes: Ballots | None = None) -> Ranking:
    """The ranking of a key, largest first, NaN last, ties by id."""
    order = np.argsort(-key, kind="stable")
    pos = np.empty(len(key), dtype=np.int64)
    pos[order] = np.arange(1, len(key) + 1)
    return Ranking(key, pos, order, chance, votes)


@lru_cache(maxsize=8)
def posterior_draws(seed: int, n_agents: int) -> _core.RankDraws:
    """Fixed normal draws for ranks under the posterior, one per (draw, agent) address."""
    return _core.RankDraws(seed, 0, DRAWS, n_agents)
