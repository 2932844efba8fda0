"""The batch as a vectorised environment of Stable-Baselines3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from quantrl.envs.pair.batch import TOTALS, PairBatch, PairStep
from quantrl.envs.pair.config import PairConfig
from quantrl.envs.pair.layout import PairLayout
from quantrl.errors import ConfigError

CLIP = 5.0


class PairVecEnv(VecEnv):
    """N pair episodes stepped in one call; finished ones begin anew in the same step.

    Observations and rewards lie in two sets of arrays used in turn, so what a step returned stays valid until the step
    after the next. ``infos`` is one shared empty dict repeated, with a fresh one for each finished environment:
    ``terminal_observation``, ``TimeLimit.truncated``, ``episode`` (r, l, t) and ``pair`` (`TOTALS`), so no `VecMonitor` is
    needed. `last` is the whole of the last step, with the counterfactual rewards of an environment that has them.

    Parameters
    ----------
    batch : PairBatch
        Made by `make_vec_env`.
    """

    def __init__(self, batch: PairBatch) -> None:
        self.batch = batch
        self.last: PairStep | None = None
        self._actions: NDArray[np.integer] | None = None
        self._seed: int | None = None
        self._empty: dict[str, Any] = {}
        super().__init__(batch.n, observation_space(batch), action_space(batch))

    @property
    def layout(self) -> PairLayout:
        """Where everything lies in an observation."""
        return self.batch.layout

    @property
    def config(self) -> PairConfig:
        """What an episode is."""
        return self.batch.config

    def reset(self) -> NDArray[np.float32]:
        """Begin new episodes everywhere; a seed given by `seed` takes effect now."""
        seed, self._seed = self._seed, None
        return self.batch.reset(seed)

    def step_async(self, actions: NDArray[np.integer]) -> None:
        """Keep the actions for `step_wait`."""
        self._actions = actions

    def step_wait(
        self,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """Observations (N, D), rewards (N,), dones (N,) and infos."""
        assert self._actions is not None
        self.last = step = self.batch.step(self._actions)
        infos = [self._empty] * self.num_envs
        for slot, env in enumerate(step.indices.tolist()):
            totals = dict(zip(TOTALS, step.totals[slot].tolist(), strict=True))
            infos[env] = {
                "terminal_observation": step.last_obs[slot].copy(),
                "TimeLimit.truncated": bool(step.truncated[env]),
                "episode": {"r": totals["reward"], "l": int(totals["length"]), "t": 0.0},
                "pair": totals,
            }
        dones = (step.terminated | step.truncated).astype(np.bool_)
        return step.obs, step.rewards, dones, infos

    def close(self) -> None:
        """Nothing is held open."""

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """Seed of the streams from the next reset on."""
        self._seed = seed
        return [seed] * self.num_envs

    def set_theta(self, theta: NDArray[np.float64] | None) -> None:
        """`THETA` (N, 5) of the episodes from the next reset on; None draws it again."""
        self.batch.core.set_theta(None if theta is None else np.ascontiguousarray(theta, dtype=np.float64))

    def state_bytes(self) -> bytes:
        """Every environment's state, for a checkpoint."""
        return self.batch.core.state_bytes()

    def load_state_bytes(self, state: bytes) -> None:
        """Take over what `state_bytes` gave; other settings are a `DataError`."""
        self.batch.core.load_state_bytes(state)

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """``render_mode``, ``num_envs``, ``layout`` or ``config``, once per environment asked for."""
        known = {
            "render_mode": None,
            "num_envs": self.batch.n,
            "layout": self.batch.layout,
            "config": self.batch.config,
        }
        if attr_name not in known:
            raise AttributeError(f"attribute: expected one of {', '.join(known)}, got {attr_name!r}")
        return [known[attr_name] for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Refused: environments of a batch share their settings."""
        raise ConfigError(
            f"{attr_name}: the environments of a batch share their settings and cannot be changed"
        )

    def env_method(
        self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any
    ) -> list[Any]:
        """``action_masks`` alone: (A,) booleans for each environment asked for."""
        if method_name != "action_masks":
            raise ConfigError(f"method: expected action_masks, got {method_name!r}")
        masks = self.batch.core.action_masks().astype(np.bool_)
        return [masks[env] for env in self._get_indices(indices)]

    def has_attr(self, attr_name: str) -> bool:
        """Whether `env_method` or `get_attr` knows the name."""
        return attr_name in ("action_masks", "render_mode", "num_envs", "layout", "config")

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        """Never."""
        return [False for _ in self._get_indices(indices)]


def observation_space(batch: PairBatch) -> spaces.Box:
    """A flat box within +-5."""
    return spaces.Box(-CLIP, CLIP, (batch.layout.size,), np.float32)


def action_space(batch: PairBatch) -> spaces.Discrete:
    """A targets from -1 to 1."""
    return spaces.Discrete(batch.layout.n_actions)
