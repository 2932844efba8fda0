"""Quantile regression with a kink that fits rewards far below 1."""

from __future__ import annotations

from typing import Any

import torch
from sb3_contrib import QRDQN
from torch import Tensor

from quantrl.agents.dqn_statarb.learner import PairLearner
from quantrl.agents.dqn_statarb.nets import ValueNet, masked

KINK = 0.01


class KinkedQRDQN(PairLearner, QRDQN):
    """Quantiles of the return; the action with the largest mean of the target network's.

    References
    ----------
    Dabney et al. (2018), Distributional reinforcement learning with quantile regression, equations 9 and 10.
    """

    kink = KINK

    @property
    def nets(self) -> tuple[ValueNet, ValueNet]:
        """Online and target."""
        return self.quantile_net, self.quantile_net_target  # type: ignore[return-value]

    def loss_of(self, batch: Any) -> tuple[Tensor, Tensor, Tensor]:
        """As `PairLearner.loss_of`."""
        online, target = self.nets
        discount = self.gamma if batch.discounts is None else batch.discounts
        with torch.no_grad():
            following = target(batch.next_observations)
            choice = masked(following.mean(dim=1), batch.next_observations).argmax(dim=1)
            goals = batch.rewards + (1.0 - batch.dones) * discount * of_actions(following, choice)
        current = of_actions(online(batch.observations), batch.actions.long().squeeze(1))
        errors = (goals.mean(dim=1) - current.mean(dim=1)).unsqueeze(1)
        return quantile_loss(current, goals, self.kink), errors, current


def quantile_loss(current: Tensor, goals: Tensor, kink: float) -> Tensor:
    """Quantile Huber loss of current (B, N) against goals (B, M), summed over N, as a mean over B and M.

    It is quadratic within `kink` of a goal: where errors are smaller than it, quantiles turn into expectiles.
    """
    n = current.shape[1]
    levels = ((torch.arange(n, device=current.device) + 0.5) / n).view(1, n, 1)
    gaps = goals.unsqueeze(1) - current.unsqueeze(2)
    size = gaps.abs()
    huber = torch.where(size > kink, kink * (size - 0.5 * kink), 0.5 * gaps**2) / kink
    weight = (levels - (gaps.detach() < 0).float()).abs()
    return (weight * huber).sum(dim=1).mean()


def of_actions(quantiles: Tensor, actions: Tensor) -> Tensor:
    """(B, N) quantiles of one action each."""
    index = actions.view(-1, 1, 1).expand(-1, quantiles.shape[1], 1)
    return quantiles.gather(2, index).squeeze(2)
