"""The batch as a vector environment of Gymnasium."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import ArrayLike, NDArray

from quantrl.envs.pair import _register as _registered  # noqa: F401 - its name in Gymnasium
from quantrl.envs.pair.batch import TOTALS, PairBatch, PairStep
from quantrl.envs.pair.config import PairConfig
from quantrl.envs.pair.sb3 import action_space, observation_space
from quantrl.errors import ConfigError
from quantrl.typing import BoolArray, FloatArray

VectorStep = tuple[NDArray[np.float32], FloatArray, BoolArray, BoolArray, dict[str, Any]]
_MODES = {mode.value: mode for mode in (AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP)}


class PairVectorEnv(VectorEnv[Any, Any, Any]):
    """N pair episodes stepped in one call.

    Parameters
    ----------
    batch : PairBatch, optional
        Made by `make_vec_env`; otherwise made here from `config`, `num_envs` and `options`.
    config : PairConfig, optional
    num_envs : int
    autoreset : {"SameStep", "NextStep"}
        When a finished environment begins anew. Under ``SameStep`` its last observation is ``infos["final_obs"]`` and its
        `TOTALS` are ``infos["final_info"]``, with masks as Gymnasium writes them.
    copy : bool
        Hand out copies; otherwise arrays that are written again two steps later.
    """

    def __init__(
        self,
        batch: PairBatch | None = None,
        config: PairConfig | None = None,
        *,
        num_envs: int = 1,
        autoreset: str = "SameStep",
        copy: bool = True,
        render_mode: None = None,
        **options: Any,
    ) -> None:
        if autoreset not in _MODES:
            raise ConfigError(f"autoreset: expected one of {', '.join(_MODES)}, got {autoreset!r}")
        if batch is None:
            batch = PairBatch(PairConfig.of() if config is None else config, n_envs=num_envs, **options)
        self.batch, self.copy, self.num_envs = batch, copy, batch.n
        self.metadata = {"autoreset_mode": _MODES[autoreset], "render_modes": []}
        self.render_mode = None
        self.single_observation_space = observation_space(batch)
        self.single_action_space = action_space(batch)
        self.observation_space = batch_space(self.single_observation_space, batch.n)
        self.action_space = batch_space(self.single_action_space, batch.n)
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
            infos = _final(step, self.num_envs) if len(step.indices) else {}
        elif len(step.indices):
            obs = obs if self.copy else obs.copy()
            obs[step.indices] = step.last_obs
        self._finished = terminated | truncated
        return obs, step.rewards.astype(np.float64), terminated, truncated, infos

    def _own(self, array: NDArray[np.float32]) -> NDArray[np.float32]:
        return array.copy() if self.copy else array


def _final(step: PairStep, n: int) -> dict[str, Any]:
    """Last observations and totals of the finished environments, as Gymnasium's own vector environments give them."""
    mask = np.zeros(n, dtype=np.bool_)
    mask[step.indices] = True
    obs = np.full(n, None, dtype=object)
    totals = {name: np.zeros(n) for name in TOTALS}
    for slot, env in enumerate(step.indices.tolist()):
        obs[env] = step.last_obs[slot].copy()
        for column, value in zip(totals.values(), step.totals[slot], strict=True):
            column[env] = value
    info = dict(totals) | {f"_{name}": mask.copy() for name in totals}
    return {"final_obs": obs, "_final_obs": mask, "final_info": info, "_final_info": mask.copy()}
