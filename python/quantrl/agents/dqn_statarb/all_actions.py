"""Learning from what every action would have earned, where no action moves the market: all A targets of each transition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from stable_baselines3.common.buffers import ReplayBuffer
from torch import Tensor

from quantrl.agents.dqn_statarb.ddqn import LOSSES, DoubleDuelingDQN
from quantrl.agents.dqn_statarb.nets import masked

if TYPE_CHECKING:
    from quantrl.envs import PairVecEnv


class AllActionSamples(NamedTuple):
    """A minibatch.

    Attributes
    ----------
    observations : (B, D)
    next_observations : (B, A, D)
        The market as it went on, the own position as each action would have left it.
    rewards : (B, A)
    dones : (B, 1)
        Of the action that was taken; others end an episode at other times only near ruin.
    """

    observations: Tensor
    next_observations: Tensor
    rewards: Tensor
    dones: Tensor


class AllActionReplay(ReplayBuffer):
    """`ReplayBuffer` that also keeps the rewards of all actions and the own positions they lead to, as the environment's
    last step has them. `watch` says which environment.
    """

    def __init__(self, *args: Any, own: tuple[int, int], n_actions: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.own = slice(*own)
        rows = (self.buffer_size, self.n_envs, n_actions)
        self.all_rewards = np.zeros(rows, dtype=np.float32)
        self.all_own = np.zeros((*rows, own[1] - own[0]), dtype=np.float32)
        self._env: PairVecEnv | None = None

    def watch(self, env: PairVecEnv) -> None:
        """Take what actions would have earned from this environment."""
        self._env = env

    def add(self, *args: Any, **kwargs: Any) -> None:
        """One step of all environments, which the environment has just made."""
        place, last = self.pos, None if self._env is None else self._env.last
        assert last is not None
        assert last.all_rewards is not None
        assert last.all_own is not None
        super().add(*args, **kwargs)
        self.all_rewards[place], self.all_own[place] = last.all_rewards, last.all_own

    def _get_samples(self, batch_inds: Any, env: Any = None) -> Any:
        # The library's own stream, as of which row: a checkpoint keeps it.
        envs = np.random.randint(0, self.n_envs, size=len(batch_inds))  # noqa: NPY002
        rows = (batch_inds, envs)
        following = np.repeat(self.next_observations[rows][:, None], self.all_rewards.shape[2], axis=1)
        following[:, :, self.own] = self.all_own[rows]
        ended = self.dones[rows] * (1 - self.timeouts[rows])
        parts = (self.observations[rows], following, self.all_rewards[rows], ended.reshape(-1, 1))
        return AllActionSamples(*map(self.to_torch, parts))


class AllActionDQN(DoubleDuelingDQN):
    """Every legal action of a sampled state learns from its own reward and its own next state."""

    def loss_of(self, batch: Any) -> tuple[Tensor, Tensor, Tensor]:
        """As `PairLearner.loss_of`."""
        online, target = self.nets
        with torch.no_grad():
            goals = all_targets(batch, online, target, self.gamma)
        values = online(batch.observations)
        legal = batch.observations[:, -values.shape[1] :] > 0.5
        found, wanted = values[legal], goals[legal]
        return LOSSES[self.loss_name](found, wanted), wanted - found, found


def all_targets(batch: AllActionSamples, online: Any, target: Any, discount: float) -> Tensor:
    """(B, A): r_a + (1 - done) discount Q_target(s'_a, argmax over legal a' of Q_online(s'_a, a'))."""
    n, n_actions, size = batch.next_observations.shape
    flat = batch.next_observations.reshape(n * n_actions, size)
    choice = masked(online(flat), flat).argmax(dim=1, keepdim=True)
    following = target(flat).gather(1, choice).view(n, n_actions)
    goals: Tensor = batch.rewards + (1.0 - batch.dones) * discount * following
    return goals
