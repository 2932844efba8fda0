"""Two steps: first 1 or -1 by a fair coin, then safe 0, or risky 1 (0.6) or -1 (0.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv

from quantrl.envs.pair.config import PairConfig

TAU = 0.3
ATOMS = 10
"""Equally likely outcomes of the second step."""


def outcomes(choose: Callable[[int], int]) -> np.ndarray:
    """(20,) equally likely totals, where `choose` says 0 (safe) or 1 (risky) from what the first step gave."""
    risky = np.array([-1.0] * 4 + [1.0] * 6)
    return np.concatenate([earned + choose(earned) * risky for earned in (1, -1)])


class Game(VecEnv):
    """N games: observations (step, stock / unit, and two legality bits)."""

    config = PairConfig.ou(objective="cvar", episode_len=2, stock_unit=1.0)

    def __init__(self, n: int, seed: int) -> None:
        super().__init__(n, spaces.Box(-5.0, 5.0, (4,), np.float32), spaces.Discrete(2))
        self.random = np.random.default_rng(seed)
        self.first = np.linspace(-2.0, 2.0, 16)
        self.step_, self.stock = np.zeros(n), np.zeros(n)
        self.actions = np.zeros(n, dtype=np.int64)

    def _obs(self) -> np.ndarray:
        ones = np.ones(self.num_envs)
        return np.stack([self.step_, self.stock, ones, ones], axis=1).astype(np.float32)

    def _begin(self, which: np.ndarray) -> None:
        self.step_[which] = 0
        self.stock[which] = self.random.choice(self.first, int(which.sum()))

    def reset(self) -> np.ndarray:
        """All anew."""
        self._begin(np.ones(self.num_envs, dtype=bool))
        return self._obs()

    def step_async(self, actions: np.ndarray) -> None:
        """Keep them."""
        self.actions = np.asarray(actions)

    def step_wait(self) -> Any:
        """One step of each game; a second one ends it."""
        drawn = self.random.random(self.num_envs)
        first = np.where(drawn < 0.5, 1.0, -1.0)
        second = np.where(drawn < 0.6, 1.0, -1.0) * self.actions
        done = self.step_ == 1
        rewards = np.where(done, second, first)
        self.stock += rewards
        self.step_ += 1
        last = self._obs()
        infos: list[dict[str, Any]] = [
            {"terminal_observation": row, "TimeLimit.truncated": False} if end else {}
            for row, end in zip(last, done, strict=True)
        ]
        self._begin(done)
        return self._obs(), rewards.astype(np.float32), done, infos

    def close(self) -> None:
        """Nothing."""

    def seed(self, seed: int | None = None) -> list[int | None]:
        """Of the coins."""
        self.random = np.random.default_rng(seed)
        return [seed] * self.num_envs

    @property
    def layout(self) -> Any:
        """Where the stock lies."""
        return self

    def at(self, name: str) -> int:
        """Place of a number."""
        return ["step", "stock"].index(name)

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """What Stable-Baselines3 asks for."""
        return [None] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Nothing to set."""

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """No methods."""
        return []

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """Nothing is."""
        return [False] * self.num_envs
