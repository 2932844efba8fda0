"""E5: training on our environment beside training on one that costs nothing, with the same spaces and network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv

from quantrl.agents.sharpe_portfolio.training.algos import make_algo
from quantrl.cli.bench.env_rows.market import THREADS, Size, market
from quantrl.cli.bench.env_rows.speed import N
from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Goal, RateCase
from quantrl.envs import PortfolioConfig, make_vec_env

MANY = 64
BATCH = 1024
NET = "asset_conv"
_KNOWN = ("render_mode", "layout", "config", "market", "num_envs")


class NullVecEnv(VecEnv):
    """The spaces, the market and recorded observations of another environment, shown in turn; no step is the last.

    The recording is as long as two episodes: one observation for ever would keep its window in the CPU's cache, and the
    network's time would not be that of training.
    """

    def __init__(self, env: VecEnv, recorded: list[Any] | None = None, known: Sequence[str] = _KNOWN) -> None:
        self._known = {name: env.get_attr(name)[0] for name in known}
        self._recorded = _record(env) if recorded is None else recorded
        self._shown = 0
        self._rewards = np.zeros(env.num_envs, dtype=np.float32)
        self._dones = np.zeros(env.num_envs, dtype=np.bool_)
        self._infos: list[dict[str, Any]] = [{}] * env.num_envs
        super().__init__(env.num_envs, env.observation_space, env.action_space)

    def reset(self) -> Any:
        """The first recorded observation."""
        self._shown = 0
        return self._recorded[0]

    def step_async(self, actions: Any) -> None:
        """Nothing to do."""

    def step_wait(self) -> Any:
        """The next recorded observation, no reward, nothing done."""
        self._shown = (self._shown + 1) % len(self._recorded)
        return self._recorded[self._shown], self._rewards, self._dones, self._infos

    def close(self) -> None:
        """Nothing is held open."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """What the other environment answered."""
        return [self._known[attr_name] for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Settings are those of the other environment."""
        raise AttributeError(attr_name)

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """There are no methods to call."""
        raise AttributeError(method_name)

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        """Never."""
        return [False for _ in self._get_indices(indices)]

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """Nothing is random."""
        return [seed] * self.num_envs


def _record(env: VecEnv) -> list[Any]:
    """Observations of two episodes of random actions."""
    draws, box = np.random.default_rng(0), env.action_space
    assert isinstance(box, spaces.Box)
    seen = [np.array(env.reset())]
    for _ in range(2 * PortfolioConfig.of().episode_len):
        actions = draws.uniform(box.low, box.high, (env.num_envs, *box.shape)).astype(np.float32)
        seen.append(np.array(env.step(actions)[0]))
    return seen


def training(size: Size) -> RateCase:
    """PPO frames a second: ours and the ceiling in turn, with one environment and with 64."""
    contenders = [
        contender
        for n_envs, frames in ((MANY, size.frames), (1, max(size.frames // 6, 2)))
        for contender in _pair(n_envs, frames)
    ]
    names = [contender.name for contender in contenders]
    return RateCase(
        id="E5",
        title=f"Stable-Baselines3 PPO, {NET}, n={N}, index, one torch thread, on our environment and on none",
        unit="frames",
        contenders=tuple(contenders),
        goals=(Goal(names[0], 0.9, names[1]), Goal(names[2], 0.9, names[3])),
        sha256=market(N).id,
        notes=("Updates included; target_kl is off, so that both sides make as many.",),
    )


def _pair(n_envs: int, frames: int) -> Iterator[Contender]:
    def environment() -> Any:
        return make_vec_env(market(N), PortfolioConfig.of(), n_envs=n_envs, threads=THREADS)

    for name, env in (("PPO", environment()), ("PPO, null env", NullVecEnv(environment()))):
        model = ppo(env, frames // n_envs)

        def call(model: Any = model) -> None:
            with one_torch_thread():
                model.learn(frames, reset_num_timesteps=False)

        yield Contender(f"{name}, N={n_envs}", call, frames)


def ppo(env: VecEnv, n_steps: int) -> Any:
    """The agent's own PPO; one `learn` of `n_steps` x N frames is one rollout and its update."""
    settings = {"n_steps": n_steps, "batch_size": min(BATCH, n_steps * env.num_envs), "target_kl": None}
    return make_algo("ppo", NET, env, seed=0, overrides=settings)


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """As a training run has it."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
