"""The actor-critic whose action mean is the network's own scores."""

from __future__ import annotations

from typing import Any

from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.type_aliases import Schedule
from torch import Tensor, nn

from quantrl.agents.sharpe_portfolio.nets.asset_conv import AssetConv

VALUE_WIDTH = 64


class ScoreHead(nn.Module):
    """Scores pass through; the value sees the pooled vector by one hidden layer.

    Its layers are called value, for TRPO keeps what is so called out of its policy step.
    """

    def __init__(self, scores: int, pooled: int) -> None:
        super().__init__()
        self.latent_dim_pi, self.latent_dim_vf = scores, VALUE_WIDTH
        self.value_hidden = nn.Sequential(nn.Linear(pooled, VALUE_WIDTH), nn.Tanh())

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Scores (B, K + 1) and the value's hidden layer (B, 64)."""
        return self.forward_actor(features), self.forward_critic(features)

    def forward_actor(self, features: Tensor) -> Tensor:
        """(B, K + 1)."""
        return features[:, : self.latent_dim_pi]

    def forward_critic(self, features: Tensor) -> Tensor:
        """(B, 64)."""
        hidden: Tensor = self.value_hidden(features[:, self.latent_dim_pi :])
        return hidden


class ScorePolicy(ActorCriticPolicy):
    """`AssetConv` with ``head="score"``; there is no action layer, so nothing mixes assets by position."""

    def _build_mlp_extractor(self) -> None:
        extractor = self.features_extractor
        assert isinstance(extractor, AssetConv)
        self.mlp_extractor: Any = ScoreHead(extractor.layout.n_actions, extractor.pooled)

    def _build(self, lr_schedule: Schedule) -> None:
        super()._build(lr_schedule)
        self.action_net = nn.Identity()
        optimizer: Any = self.optimizer_class
        self.optimizer = optimizer(self.parameters(), lr=lr_schedule(1), **self.optimizer_kwargs)
