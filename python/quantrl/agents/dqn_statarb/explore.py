"""How a learner tries what it does not hold to be best: each environment by itself, all of them in one call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from quantrl.typing import BoolArray, IntArray

EXPLORERS = ("epsilon", "boltzmann", "noisy")
Values = NDArray[np.float32]


class Explorer(Protocol):
    """Chooses actions from values (N, A), of which only the `legal` (N, A) may be taken."""

    def choose(self, values: Values, legal: BoolArray, share: float, random: np.random.Generator) -> IntArray:
        """(N,) actions; `share` falls from 1 to its floor over the training."""


@dataclass(frozen=True)
class Epsilon:
    """With probability `share` any legal action, by a coin of each environment; else the best."""

    def choose(self, values: Values, legal: BoolArray, share: float, random: np.random.Generator) -> IntArray:
        """As `Explorer.choose`."""
        tries = self.coins(len(values), share, random)
        return np.where(tries, any_legal(legal, random), best(values, legal))

    @staticmethod
    def coins(n: int, share: float, random: np.random.Generator) -> BoolArray:
        """(n,) which environments try something."""
        return np.asarray(random.random(n) < share)


@dataclass(frozen=True)
class Boltzmann:
    """p proportional to exp(Q / tau), with tau = `share` times the median over environments of max Q - min Q."""

    def choose(self, values: Values, legal: BoolArray, share: float, random: np.random.Generator) -> IntArray:
        """As `Explorer.choose`; the largest of Q / tau plus Gumbel noise is such a draw."""
        low = np.where(legal, values, np.inf).min(axis=1)
        high = np.where(legal, values, -np.inf).max(axis=1)
        tau = max(share * float(np.median(high - low)), 1e-12)
        return best(values.astype(np.float64) / tau + random.gumbel(size=values.shape), legal)


@dataclass(frozen=True)
class Noisy:
    """The best, of values that already carry the noise of the weights."""

    def choose(self, values: Values, legal: BoolArray, share: float, random: np.random.Generator) -> IntArray:
        """As `Explorer.choose`."""
        return best(values, legal)


TABLE: dict[str, Explorer] = {"epsilon": Epsilon(), "boltzmann": Boltzmann(), "noisy": Noisy()}


def best(values: NDArray[np.floating], legal: BoolArray) -> IntArray:
    """(N,) the first of the best legal actions."""
    return np.asarray(np.where(legal, values, -np.inf).argmax(axis=1))


def any_legal(legal: BoolArray, random: np.random.Generator) -> IntArray:
    """(N,) a legal action each, all alike likely."""
    return np.asarray(np.where(legal, random.random(legal.shape), -1.0).argmax(axis=1))
