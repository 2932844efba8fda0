"""DQN with masks, and its double form: the online network chooses, the target network says what that is worth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from stable_baselines3 import DQN
from torch import Tensor
from torch.nn import functional

from quantrl.agents.dqn_statarb.learner import PairLearner
from quantrl.agents.dqn_statarb.nets import ValueNet, masked

LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "huber": functional.smooth_l1_loss,
    "mse": functional.mse_loss,
}


class MaskedDQN(PairLearner, DQN):
    """The target is the largest legal value of the target network.

    References
    ----------
    Mnih et al. (2015), Human-level control through deep reinforcement learning.
    """

    double = False
    loss_name = "huber"

    @property
    def nets(self) -> tuple[ValueNet, ValueNet]:
        """Online and target."""
        return self.q_net, self.q_net_target  # type: ignore[return-value]

    def loss_of(self, batch: Any) -> tuple[Tensor, Tensor, Tensor]:
        """As `PairLearner.loss_of`."""
        online, target = self.nets
        discount = self.gamma if batch.discounts is None else batch.discounts
        with torch.no_grad():
            following = target(batch.next_observations)
            chooser = online(batch.next_observations) if self.double else following
            goals = double_targets(batch, chooser, following, discount)
        values = online(batch.observations).gather(1, batch.actions.long())
        return LOSSES[self.loss_name](values, goals), goals - values, values


class DoubleDuelingDQN(MaskedDQN):
    """The online network chooses the action that the target network rates.

    References
    ----------
    van Hasselt, Guez and Silver (2016), Deep reinforcement learning with double Q-learning, equation 4.
    """

    double = True


def double_targets(batch: Any, chooser: Tensor, following: Tensor, discount: Any) -> Tensor:
    """r + (1 - done) discount Q(s', argmax over legal a of chooser(s', a)), shape (B, 1)."""
    choice = masked(chooser, batch.next_observations).argmax(dim=1, keepdim=True)
    goals: Tensor = batch.rewards + (1.0 - batch.dones) * discount * following.gather(1, choice)
    return goals
