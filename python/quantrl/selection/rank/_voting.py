"""Several opinions on one field, and what aggregators make of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quantrl.errors import ConfigError
from quantrl.selection._parameters import number, whole
from quantrl.selection.frame import ScoreFrame
from quantrl.selection.rank import Ballots, Ranking, ordered, posterior_draws
from quantrl.typing import BoolArray, FloatArray, IntArray, JsonObject

_DECIMALS = 12
_MOST = 1e6


@dataclass(frozen=True)
class Opinions:
    """What V voters say of the m agents that can be ranked: those whom the first frame scores.

    Attributes
    ----------
    n_agents : int
        All of them, ready or not.
    agents : (m,) int64
        Ids, ascending.
    centre, sd : (V, m) float64
        Posterior of each voter, with the bonus of funded agents; NaN where it does not know the agent.
    places : (V, m) float64
        Places from 1, ties share the mean of theirs; those a voter does not know share its last places.
    weights : (V,) float64
        Sum to one.
    """

    n_agents: int
    agents: IntArray
    centre: FloatArray
    sd: FloatArray
    places: FloatArray
    weights: FloatArray

    def prefer(self) -> FloatArray:
        """(m, m) weight of the voters who place i above j; a tie is no preference."""
        above = self.places[:, :, None] < self.places[:, None, :]
        share: FloatArray = np.einsum("v,vij->ij", self.weights, above)
        return share


@dataclass(frozen=True)
class Voting(ABC):
    """Every score frame is a voter, whose ballot orders by ``mean + hysteresis * sd * held``.

    Parameters
    ----------
    weights : sequence of float, optional
        Of the voters, in the order of the frames; equal without it.
    hysteresis : float
        Bonus of funded agents in posterior standard deviations.
    seed : int
        Key of the draws behind `Ranking.p_top_k`: the weighted mean of the voters' own chances, which needs no common
        scale (linear pooling, Stone 1961, The opinion pool, Ann. Math. Stat. 32(4)).

    Raises
    ------
    ConfigError
        A weight that is not positive, or a number out of range.
    """

    weights: Sequence[float] | None = None
    hysteresis: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        if self.weights is not None:
            if not isinstance(self.weights, list | tuple) or not self.weights:
                raise ConfigError(f"{self._name}: weights: expected a list of numbers, got {self.weights!r}")
            checked = (
                number(f"{self._name}: weights[{i}]", w, 0, _MOST, above=True)
                for i, w in enumerate(self.weights)
            )
            object.__setattr__(self, "weights", tuple(checked))
        number(f"{self._name}: hysteresis", self.hysteresis, 0, _MOST)
        whole(f"{self._name}: seed", self.seed, 0)

    @abstractmethod
    def keys(self, opinions: Opinions) -> FloatArray:
        """(m,) larger is better; equal keys go to the lower id."""

    def accept(self, n_frames: int) -> None:
        """Agree to one score frame or more, as many as there are weights.

        Raises
        ------
        ConfigError
            None, or another number.
        """
        if not n_frames:
            raise ConfigError(f"{self._name}: expected a score frame, got none")
        if self.weights is not None and len(self.weights) != n_frames:
            raise ConfigError(
                f"{self._name}: expected a weight for each of {n_frames} score frames, got {len(self.weights)}"
            )

    def rank(self, frames: Sequence[ScoreFrame], held: BoolArray) -> Ranking:
        """Join the frames into one order.

        Raises
        ------
        ConfigError
            No frame, or another number of frames than of weights.
        """
        opinions = self._opinions(frames, held)
        key = np.full(len(held), np.nan)
        key[opinions.agents] = np.round(self.keys(opinions), _DECIMALS)
        places = np.full((len(frames), len(held)), np.nan)
        places[:, opinions.agents] = opinions.places
        said = [(_fitted(frame.mean, key), _fitted(frame.sd, key)) for frame in frames]

        def chance(k: int) -> FloatArray:
            total, weight = np.zeros(len(held)), 0.0
            for (mean, sd), share in zip(said, opinions.weights.tolist(), strict=True):
                if not np.isnan(mean).all():
                    total += share * posterior_draws(self.seed, len(held)).top_k(mean, sd, k)
                    weight += share
            return total / weight if weight else total

        return ordered(key, chance, Ballots(places, opinions.weights))

    def settings(self) -> JsonObject:
        """Parameters."""
        weights = None if self.weights is None else list(self.weights)
        return {"weights": weights, "hysteresis": self.hysteresis, "seed": self.seed}

    def _opinions(self, frames: Sequence[ScoreFrame], held: BoolArray) -> Opinions:
        self.accept(len(frames))
        given = self.weights or (1.0,) * len(frames)
        nobody = np.zeros(len(held))
        agents = np.flatnonzero(~np.isnan(_fitted(frames[0].mean, nobody)))
        mean, sd = (
            np.array([_fitted(getattr(frame, name), nobody)[agents] for frame in frames])
            for name in ("mean", "sd")
        )
        centre = mean + self.hysteresis * sd * held[agents]
        places = np.array([average_places(scores) for scores in centre])
        return Opinions(len(held), agents, centre, sd, places, np.array(given) / sum(given))

    @property
    def _name(self) -> str:
        return "rank " + type(self).__module__.rpartition(".")[2]


def average_places(scores: FloatArray) -> FloatArray:
    """(m,) places from 1 for the largest; ties share the mean of theirs, NaN comes last and ties with itself."""
    values = np.where(np.isnan(scores), np.inf, -scores)
    _, group, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    found: FloatArray = (last - (count - 1) / 2)[group]
    return found


def _fitted(values: FloatArray, key: FloatArray) -> FloatArray:
    """(A,) NaN where the key is NaN, and for agents a frame has not heard of."""
    found = np.full(len(key), np.nan)
    known = min(len(values), len(key))
    found[:known] = values[:known]
    found[np.isnan(key)] = np.nan
    return found
