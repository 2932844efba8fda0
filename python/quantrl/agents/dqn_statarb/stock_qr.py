"""Quantile regression for the tail of a session: actions are rated by what falls short of the stock."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from quantrl.agents.dqn_statarb.nets import masked
from quantrl.agents.dqn_statarb.qr import KinkedQRDQN, of_actions, quantile_loss


class StockQRDQN(KinkedQRDQN):
    """Greedy and target actions are the best of mean_i min(c + theta_i, 0) + epsilon mean_i theta_i, with c the stock that
    an observation shows; returns are not discounted, and what follows a session's close is nothing.

    The environment carries the stock, c' = (c + r) / gamma, so the same quantiles serve every tail: which one is meant is
    decided by the stock a session begins with.

    References
    ----------
    arXiv 2501.13028; Bellemare, Dabney and Rowland (2023), Distributional reinforcement learning, chapter 7.
    """

    def loss_of(self, batch: Any) -> tuple[Tensor, Tensor, Tensor]:
        """As `PairLearner.loss_of`."""
        online, target = self.nets
        discount = self.gamma if batch.discounts is None else batch.discounts
        with torch.no_grad():
            following = target(batch.next_observations)
            rated = target.rate(following, batch.next_observations)
            choice = masked(rated, batch.next_observations).argmax(dim=1)
            goals = batch.rewards + (1.0 - batch.dones) * discount * of_actions(following, choice)
        current = of_actions(online(batch.observations), batch.actions.long().squeeze(1))
        errors = (goals.mean(dim=1) - current.mean(dim=1)).unsqueeze(1)
        return quantile_loss(current, goals, self.kink), errors, current
