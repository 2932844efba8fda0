"""A batch as a vectorised environment of Stable-Baselines3, whatever its episodes are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from quantrl.envs._steps import AnyBatch, Step
from quantrl.errors import ConfigError


class BatchVecEnv(VecEnv):
    """N episodes stepped in one call; finished ones begin anew in the same step.

    Observations and rewards lie in two sets of arrays used in turn, so what a step returned stays valid until the step
    after the next; rewards may be written to, as PPO does. ``infos`` is one shared empty dict repeated, with a fresh one
    for each finished environment: ``terminal_observation``, ``TimeLimit.truncated``, ``episode`` (r, l, t) and what the
    kind of episode adds, so no `VecMonitor` is needed.
    """

    def __init__(
        self,
        batch: AnyBatch,
        observation_space: spaces.Space[Any],
        action_space: spaces.Space[Any],
        shown: dict[str, Any],
    ) -> None:
        self.batch = batch
        self._shown = {"render_mode": None, "num_envs": batch.n, **shown}
        self._actions: NDArray[Any] | None = None
        self._seed: int | None = None
        self._empty: dict[str, Any] = {}
        super().__init__(batch.n, observation_space, action_space)

    def ended(self, totals: dict[str, float]) -> dict[str, Any]:
        """``episode`` and whatever else the info of a finished environment says, from its totals by name."""
        raise NotImplementedError

    def stepped(self, step: Step) -> None:
        """Called with every step before it is returned."""

    def reset(self) -> NDArray[np.float32]:
        """Begin new episodes everywhere; a seed given by `seed` takes effect now."""
        seed, self._seed = self._seed, None
        return self.batch.reset(seed)

    def step_async(self, actions: NDArray[Any]) -> None:
        """Keep the actions for `step_wait`."""
        self._actions = actions

    def step_wait(
        self,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """Observations (N, D), rewards (N,), dones (N,) and infos."""
        assert self._actions is not None
        step = self.batch.step(self._actions)
        self.stepped(step)
        infos = [self._empty] * self.num_envs
        for slot, env in enumerate(step.indices.tolist()):
            infos[env] = {
                "terminal_observation": step.last_obs[slot].copy(),
                "TimeLimit.truncated": bool(step.truncated[env]),
                **self.ended(dict(zip(self.batch.totals, step.totals[slot].tolist(), strict=True))),
            }
        dones = (step.terminated | step.truncated).view(np.bool_)
        return step.obs, step.rewards, dones, infos

    def close(self) -> None:
        """Nothing is held open."""

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """Seed of the episodes from the next reset on."""
        self._seed = seed
        return [seed] * self.num_envs

    def state_bytes(self) -> bytes:
        """Every environment's state, for a checkpoint."""
        state: bytes = self.batch.core.state_bytes()
        return state

    def load_state_bytes(self, state: bytes) -> None:
        """Take over what `state_bytes` gave; another market or other settings are a `DataError`."""
        self.batch.core.load_state_bytes(state)

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """``render_mode``, ``num_envs`` and what the kind of episode shows, once per environment asked for."""
        if attr_name not in self._shown:
            raise AttributeError(f"attribute: expected one of {', '.join(self._shown)}, got {attr_name!r}")
        return [self._shown[attr_name] for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Refused: environments of a batch share their settings."""
        raise ConfigError(
            f"{attr_name}: the environments of a batch share their settings and cannot be changed"
        )

    def env_method(
        self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any
    ) -> list[Any]:
        """Refused: there are no separate environment objects."""
        raise ConfigError(f"{method_name}: a batch has no separate environment objects to call")

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        """Never."""
        return [False for _ in self._get_indices(indices)]
