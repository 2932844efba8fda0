"""What every batch of environments shares: the arrays the engine writes into, and what a step hands out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quantrl.typing import FloatArray


@dataclass(frozen=True)
class Step:
    """What one step gave: views of arrays that are written again two steps later.

    Attributes
    ----------
    obs : (N, D) float32
        Of finished environments, the first one of their next episode.
    rewards : (N,) float32
    terminated, truncated : (N,) uint8
    indices : (m,) int32
        Environments that finished.
    last_obs : (m, D) float32
    totals : (m, K) float64
        Of the finished episodes, what the batch calls `totals`.
    """

    obs: NDArray[np.float32]
    rewards: NDArray[np.float32]
    terminated: NDArray[np.uint8]
    truncated: NDArray[np.uint8]
    indices: NDArray[np.int32]
    last_obs: NDArray[np.float32]
    totals: FloatArray


class Arrays:
    """Outputs of one step of N environments with observations of D and totals of K numbers."""

    def __init__(self, n: int, size: int, totals: int) -> None:
        self.obs = np.zeros((n, size), dtype=np.float32)
        self.rewards = np.zeros(n, dtype=np.float32)
        self.terminated = np.zeros(n, dtype=np.uint8)
        self.truncated = np.zeros(n, dtype=np.uint8)
        self.indices = np.zeros(n, dtype=np.int32)
        self.last_obs = np.zeros((n, size), dtype=np.float32)
        self.totals = np.zeros((n, totals), dtype=np.float64)

    def all(self) -> tuple[NDArray[Any], ...]:
        """In the engine's order."""
        return (
            self.obs, self.rewards, self.terminated, self.truncated, self.indices, self.last_obs, self.totals
        )  # fmt: skip

    def step(self, done: int) -> Step:
        """What a step gave that finished `done` episodes."""
        rest = (self.rewards, self.terminated, self.truncated)
        return Step(self.obs, *rest, self.indices[:done], self.last_obs[:done], self.totals[:done])


ArraysT = TypeVar("ArraysT", bound=Arrays)


class TwoSets(Generic[ArraysT]):
    """Two sets of outputs used in turn: a caller may keep what a step returned until the step after the next."""

    core: Any

    def __init__(self, first: ArraysT, second: ArraysT) -> None:
        self._sets = (first, second)
        self._turn = 0

    def reset(self, seed: int | None = None, mask: NDArray[np.uint8] | None = None) -> NDArray[np.float32]:
        """Begin new episodes; the observations (N, D)."""
        arrays = self._next()
        self.core.reset_into(arrays.obs, seed, mask)
        return arrays.obs

    def _next(self) -> ArraysT:
        self._turn ^= 1
        return self._sets[self._turn]


class AnyBatch(Protocol):
    """What the fronts of Stable-Baselines3 and Gymnasium need."""

    n: int
    core: Any

    @property
    def totals(self) -> Sequence[str]:
        """Names of a finished episode's totals."""
        ...

    def reset(self, seed: int | None = None, mask: NDArray[np.uint8] | None = None) -> NDArray[np.float32]:
        """Begin new episodes; the observations (N, D)."""
        ...

    def step(self, actions: ArrayLike, active: NDArray[np.uint8] | None = None) -> Step:
        """One decision of every environment."""
        ...
