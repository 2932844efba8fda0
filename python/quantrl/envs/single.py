"""One environment with Gymnasium's interface: a batch of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np
from numpy.typing import ArrayLike, NDArray

from quantrl.envs import _register as _registered  # noqa: F401 - its name in Gymnasium
from quantrl.envs.portfolio import PortfolioConfig
from quantrl.envs.sb3 import action_space, make_batch, observation_space

if TYPE_CHECKING:
    from quantrl.data import Panel
    from quantrl.envs.market import Market


class PortfolioEnv(gymnasium.Env[Any, Any]):
    """One portfolio episode at a time; the episodes are those of environment `env_id` of any batch.

    Parameters
    ----------
    panel : Panel or Market
    config : PortfolioConfig, optional
    seed : int
        Until `reset` is given another.
    env_id : int
    start, until : int or str, optional
        As in `make_vec_env`.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - Gymnasium's own form

    def __init__(
        self,
        panel: Panel | Market,
        config: PortfolioConfig | None = None,
        *,
        seed: int = 0,
        env_id: int = 0,
        start: int | str | None = None,
        until: int | str | None = None,
        render_mode: None = None,
    ) -> None:
        chosen = PortfolioConfig.of() if config is None else config
        self.batch = make_batch(panel, chosen, seed=seed, env_id0=env_id, start=start, until=until, threads=1)
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
        step = self.batch.step(np.asarray(action, dtype=np.float32)[None])
        ended = len(step.indices) > 0
        obs = step.last_obs[0].copy() if ended else step.obs[0].copy()
        self._next = step.obs[0].copy() if ended else None
        info = {"wealth": float(step.totals[0, 2])} if ended else {}
        return obs, float(step.rewards[0]), bool(step.terminated[0]), bool(step.truncated[0]), info
