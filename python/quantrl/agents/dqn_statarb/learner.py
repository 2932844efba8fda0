"""What the learners of Stable-Baselines3 do differently here: explore one by one, mask, and say how far off they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from quantrl.agents.dqn_statarb.explore import TABLE, Explorer, any_legal
from quantrl.agents.dqn_statarb.nets import ValueNet
from quantrl.rng import generator

if TYPE_CHECKING:
    from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm as _Base
else:
    _Base = object


class PairLearner(_Base):
    """Mixed into `DQN` and `QRDQN`; what they are given beyond their own arguments is set by `prepare`.

    Attributes
    ----------
    explorer : Explorer
    explore_seed : int
        Draws are addressed by it and the number of steps, so a checkpoint has none of their state to keep.
    q_max : float
        Largest absolute value in the last minibatch.
    """

    max_grad_norm: Any
    exploration_rate: float
    explorer: Explorer = TABLE["epsilon"]
    explore_seed: int = 0
    q_max: float = 0.0

    def prepare(self, explorer: str, seed: int) -> None:
        """Choose an explorer and the seed of its draws."""
        self.explorer, self.explore_seed = TABLE[explorer], seed

    @property
    def nets(self) -> tuple[ValueNet, ValueNet]:
        """Online and target."""
        raise NotImplementedError

    def loss_of(self, batch: Any) -> tuple[Tensor, Tensor, Tensor]:
        """Loss of a minibatch, its TD errors, and the values of the actions taken."""
        raise NotImplementedError

    def train(self, gradient_steps: int, batch_size: int = 100) -> None:
        """Gradient steps on minibatches of the replay buffer."""
        assert self.replay_buffer is not None
        self.policy.set_training_mode(True)
        self._update_learning_rate(self.policy.optimizer)
        for net in self.nets:
            net.make_noise(True)
        losses = []
        for _ in range(gradient_steps):
            batch = self.replay_buffer.sample(batch_size, env=self._vec_normalize_env)
            loss, errors, values = self.loss_of(batch)
            self.policy.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            if self.max_grad_norm is not None:
                torch.nn.utils.clip_grad_norm_(self.nets[0].parameters(), self.max_grad_norm)
            self.policy.optimizer.step()
            losses.append(loss.detach())
        for net in self.nets:
            net.make_noise(False)
        self._n_updates += gradient_steps
        self.q_max = float(values.detach().abs().max())
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")
        self.logger.record("train/loss", float(torch.stack(losses).mean()))
        self.logger.record("train/td_sd", float(errors.detach().std()))
        self.logger.record("train/q_max", self.q_max)

    def predict(
        self, observation: Any, state: Any = None, episode_start: Any = None, deterministic: bool = False
    ) -> Any:
        """The best legal action; exploring is done where actions are collected, and nowhere else."""
        return self.policy.predict(observation, state, episode_start, True)

    def _sample_action(
        self, learning_starts: int, action_noise: Any = None, n_envs: int = 1
    ) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        obs = self._last_obs
        assert isinstance(obs, np.ndarray)
        n_actions: int = self.nets[0].n_actions
        legal = obs[:, -n_actions:] > 0.5
        random = generator(self.explore_seed, 1, "train", draw=self.num_timesteps)
        if self.num_timesteps < learning_starts:
            actions = any_legal(legal, random)
        else:
            actions = self.explorer.choose(self._values(obs), legal, self.exploration_rate, random)
        return actions, actions

    def _values(self, obs: np.ndarray[Any, Any]) -> Any:
        net = self.nets[0]
        net.make_noise(True)
        with torch.no_grad():
            found = net.values(torch.as_tensor(obs, device=self.device)).cpu().numpy()
        net.make_noise(False)
        return found
