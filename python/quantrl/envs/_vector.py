"""A batch as environments of Gymnasium, many or one, whatever its episodes are."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import ArrayLike, NDArray

from quantrl.envs._steps import AnyBatch, Step
from quantrl.errors import ConfigError
from quantrl.typing import BoolArray, FloatArray

VectorStep = tuple[NDArray[np.float32], FloatArray, BoolArray, BoolArray, dict[str, Any]]
_MODES = {mode.value: mode for mode in (AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP)}


def check_autoreset(autoreset: str) -> None:
    """Refuse a mode that is none.

    Raises
    ------
    ConfigError
        Lists the choices.
    """
    if autoreset not in _MODES:
        raise ConfigError(f"autoreset: expected one of {', '.join(_MODES)}, got {autoreset!r}")


class BatchVectorEnv(VectorEnv[Any, Any, Any]):
    """N episodes stepped in one call.

    Under ``SameStep`` the last observation of a finished environment is ``infos["final_obs"]`` and its totals are
    ``infos["final_info"]``, with masks as Gymnasium writes them.
    """

    def __init__(
        self,
        batch: AnyBatch,
        observation_space: spaces.Space[Any],
        action_space: spaces.Space[Any],
        *,
        autoreset: str,
        copy: bool,
    ) -> None:
        check_autoreset(autoreset)
        self.batch, self.copy, self.num_envs = batch, copy, batch.n
        self.metadata = {"autoreset_mode": _MODES[autoreset], "render_modes": []}
        self.render_mode = None
        self.single_observation_space = observation_space
        self.single_action_space = action_space
        self.observation_space = batch_space(observation_space, batch.n)
        self.action_space = batch_space(action_space, batch.n)
        self._same_step = _MODES[autoreset] is AutoresetMode.SAME_STEP
        self._finished = np.zeros(batch.n, dtype=np.bool_)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin new episodes. A list of seeds is refused: environments differ by their id, not by their seed."""
        if isinstance(seed, list):
            raise ConfigError("seed: expected one number for all environments; they differ by their id")
        mask = (options or {}).get("reset_mask")
        self._finished[:] = False
        active = None if mask is None else np.ascontiguousarray(mask, dtype=np.uint8)
        return self._own(self.batch.reset(seed, active)), {}

    def step(self, actions: ArrayLike) -> VectorStep:
        """One decision of every environment."""
        standing = self._finished if not self._same_step and self._finished.any() else None
        step = self.batch.step(actions, None if standing is None else (~standing).astype(np.uint8))
        terminated, truncated = step.terminated.astype(np.bool_), step.truncated.astype(np.bool_)
        obs, infos = self._own(step.obs), {}
        if self._same_step:
            infos = self._final(step) if len(step.indices) else {}
        elif len(step.indices):
            obs = obs if self.copy else obs.copy()
            obs[step.indices] = step.last_obs
        self._finished = terminated | truncated
        return obs, step.rewards.astype(np.float64), terminated, truncated, infos

    def _own(self, array: NDArray[np.float32]) -> NDArray[np.float32]:
        return array.copy() if self.copy else array

    def _final(self, step: Step) -> dict[str, Any]:
        """Last observations and totals of the finished environments, as Gymnasium's own vector environments give them."""
        mask = np.zeros(self.num_envs, dtype=np.bool_)
        mask[step.indices] = True
        obs = np.full(self.num_envs, None, dtype=object)
        totals = {name: np.zeros(self.num_envs) for name in self.batch.totals}
        for slot, env in enumerate(step.indices.tolist()):
            obs[env] = step.last_obs[slot].copy()
            for column, value in zip(totals.values(), step.totals[slot], strict=True):
                column[env] = value
        info = dict(totals) | {f"_{name}": mask.copy() for name in totals}
        return {"final_obs": obs, "_final_obs": mask, "final_info": info, "_final_info": mask.copy()}


class BatchEnv(gymnasium.Env[Any, Any]):
    """A batch of one: its episodes are those of one environment of any batch."""

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - Gymnasium's own form

    def __init__(
        self, batch: AnyBatch, observation_space: spaces.Space[Any], action_space: spaces.Space[Any]
    ) -> None:
        self.batch = batch
        self.observation_space = observation_space
        self.action_space = action_space
        self.render_mode = None
        self._next: NDArray[np.float32] | None = None

    def row(self, action: ArrayLike) -> NDArray[Any]:
        """An action as the batch takes it."""
        raise NotImplementedError

    def ended(self, totals: dict[str, float]) -> dict[str, Any]:
        """The info of the last step of an episode, from its totals by name."""
        raise NotImplementedError

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
        step = self.batch.step(self.row(action))
        ended = len(step.indices) > 0
        obs = step.last_obs[0].copy() if ended else step.obs[0].copy()
        self._next = step.obs[0].copy() if ended else None
        totals = dict(zip(self.batch.totals, step.totals[0].tolist(), strict=True)) if ended else {}
        info = self.ended(totals) if ended else {}
        return obs, float(step.rewards[0]), bool(step.terminated[0]), bool(step.truncated[0]), info
