"""One environment with Gymnasium's interface: a batch of one."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import ArrayLike, NDArray

from quantrl.envs.pair import _register as _registered  # noqa: F401 - its name in Gymnasium
from quantrl.envs.pair.batch import TOTALS, PairBatch
from quantrl.envs.pair.config import PairConfig
from quantrl.envs.pair.sb3 import action_space, observation_space


class PairEnv(gymnasium.Env[Any, Any]):
    """One pair episode at a time; the episodes are those of environment `env_id` of any batch.

    Parameters
    ----------
    config : PairConfig
    seed : int
        Until `reset` is given another.
    env_id : int
    mode : {"train", "evaluate"}
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - Gymnasium's own form

    def __init__(
        self,
        config: PairConfig,
        *,
        seed: int = 0,
        env_id: int = 0,
        mode: str = "train",
        render_mode: None = None,
    ) -> None:
        self.batch = PairBatch(config, seed=seed, env_id0=env_id, threads=1, mode=mode)
        self.observation_space = observation_space(self.batch)
        self.action_space = action_space(self.batch)
        self.render_mode = None
        self._next: NDArray[np.float32] | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin the next episode; one that has just ended has prepared it already."""
        super().reset(seed=seed)
        ready, self._next = self._next, None
        if ready is None or seed is not None:
            ready = self.batch.reset(seed)[0].copy()
        return ready, {}

    def step(self, action: ArrayLike) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """One decision."""
        step = self.batch.step(np.asarray(action).reshape(1))
        ended = len(step.indices) > 0
        obs = step.last_obs[0].copy() if ended else step.obs[0].copy()
        self._next = step.obs[0].copy() if ended else None
        info = {"pair": dict(zip(TOTALS, step.totals[0].tolist(), strict=True))} if ended else {}
        return obs, float(step.rewards[0]), bool(step.terminated[0]), bool(step.truncated[0]), info

    def action_masks(self) -> NDArray[np.bool_]:
        """(A,) whether each action is legal now."""
        masks: NDArray[np.bool_] = self.batch.core.action_masks()[0].astype(np.bool_)
        return masks
