"""The batch as a vectorised environment of Stable-Baselines3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from quantrl.envs._batch import Batch, Segment, action_range, as_market
from quantrl.envs.portfolio import PortfolioConfig
from quantrl.errors import ConfigError

if TYPE_CHECKING:
    from quantrl.data import Panel
    from quantrl.envs.market import Market


class PortfolioVecEnv(VecEnv):
    """N portfolio episodes stepped in one call; finished ones begin anew in the same step.

    Observations and rewards lie in two sets of arrays used in turn, so what a step returned stays valid until the step
    after the next; rewards may be written to, as PPO does. ``infos`` is one shared empty dict repeated, with a fresh one
    for each finished environment: ``terminal_observation``, ``TimeLimit.truncated`` and ``episode`` (r, l, t), so no
    `VecMonitor` is needed.

    Parameters
    ----------
    batch : Batch
        Made by `make_vec_env`.
    """

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self._actions: NDArray[np.float32] | None = None
        self._seed: int | None = None
        self._empty: dict[str, Any] = {}
        super().__init__(batch.n, observation_space(batch), action_space(batch))

    @property
    def market(self) -> Market:
        """What is traded."""
        return self.batch.market

    @property
    def layout(self) -> Any:
        """Where everything lies in an observation."""
        return self.batch.layout

    @property
    def config(self) -> PortfolioConfig:
        """What an episode is."""
        return self.batch.config

    def reset(self) -> NDArray[np.float32]:
        """Begin new episodes everywhere; a seed given by `seed` takes effect now."""
        seed, self._seed = self._seed, None
        return self.batch.reset(seed)

    def step_async(self, actions: NDArray[np.float32]) -> None:
        """Keep the actions for `step_wait`."""
        self._actions = actions

    def step_wait(
        self,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """Observations (N, D), rewards (N,), dones (N,) and infos."""
        assert self._actions is not None
        step = self.batch.step(self._actions)
        infos = [self._empty] * self.num_envs
        for slot, env in enumerate(step.indices.tolist()):
            earned, length, wealth = step.totals[slot].tolist()
            infos[env] = {
                "terminal_observation": step.last_obs[slot].copy(),
                "TimeLimit.truncated": bool(step.truncated[env]),
                "episode": {"r": earned, "l": int(length), "t": 0.0},
                "wealth": wealth,
            }
        dones = (step.terminated | step.truncated).astype(np.bool_)
        return step.obs, step.rewards, dones, infos

    def close(self) -> None:
        """Nothing is held open."""

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """Seed of the episodes from the next reset on."""
        self._seed = seed
        return [seed] * self.num_envs

    def state_bytes(self) -> bytes:
        """Every environment's state, for a checkpoint."""
        return self.batch.core.state_bytes()

    def load_state_bytes(self, state: bytes) -> None:
        """Take over what `state_bytes` gave; another market or other settings are a `DataError`."""
        self.batch.core.load_state_bytes(state)

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """``render_mode``, ``num_envs``, ``layout``, ``config`` or ``market``, once per environment asked for."""
        known = {
            "render_mode": None,
            "num_envs": self.batch.n,
            "layout": self.batch.layout,
            "config": self.batch.config,
            "market": self.batch.market,
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
        """Refused: there are no separate environment objects."""
        raise ConfigError(f"{method_name}: a batch has no separate environment objects to call")

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        """Never."""
        return [False for _ in self._get_indices(indices)]


def observation_space(batch: Batch) -> spaces.Box:
    """A flat box; that of the released code is bounded by 10."""
    bound = 10.0 if batch.layout.kind == "released" else np.inf
    return spaces.Box(-bound, bound, (batch.layout.size,), np.float32)


def action_space(batch: Batch) -> spaces.Box:
    """K + 1 numbers, cash first."""
    low, high = action_range(batch.config)
    return spaces.Box(low, high, (batch.layout.n_actions,), np.float32)


def make_batch(
    data: Panel | Market,
    config: PortfolioConfig,
    *,
    n_envs: int = 1,
    seed: int = 0,
    start: int | str | None = None,
    until: int | str | None = None,
    env_id0: int = 0,
    threads: int = 2,
    mode: str | None = None,
) -> Batch:
    """The batch behind an environment; parameters as in `make_vec_env`."""
    market = as_market(data, config)
    segment = Segment.of(market, start, until)
    return Batch(
        market, config, n_envs=n_envs, seed=seed, segment=segment, env_id0=env_id0, threads=threads, mode=mode
    )
