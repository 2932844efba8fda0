"""Networks of action values: one trunk, a value and an advantage head, noise in the weights, quantiles."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from sb3_contrib.qrdqn.policies import QRDQNPolicy
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.dqn.policies import DQNPolicy
from torch import Tensor, nn

ILLEGAL = 1e9
"""What an action that is not legal loses."""
SIGMA_0 = 0.5
EPSILON = 0.01
"""Share of the plain mean in `StockRating`: where no quantile falls short, it alone tells actions apart."""


@dataclass(frozen=True)
class StockRating:
    """Rates quantiles by the stock c of an observation.

    Attributes
    ----------
    place : int
        Of the stock in an observation.
    unit : float
        What 1 of it counts, U.
    epsilon : float
    """

    place: int
    unit: float
    epsilon: float = EPSILON

    def __call__(self, quantiles: Tensor, obs: Tensor) -> Tensor:
        """(B, A): mean_i min(c + theta_i, 0) + epsilon mean_i theta_i of quantiles (B, N, A)."""
        stock = self.unit * obs[:, self.place].view(-1, 1, 1)
        short = (stock + quantiles).clamp(max=0.0).mean(dim=1)
        rated: Tensor = short + self.epsilon * quantiles.mean(dim=1)
        return rated


def masked(values: Tensor, obs: Tensor) -> Tensor:
    """Values (B, A) less `ILLEGAL` where the legality bit, one of the last A inputs of obs (B, D), is 0."""
    return values - ILLEGAL * (1.0 - obs[:, -values.shape[1] :])


class NoisyLinear(nn.Module):
    """A linear layer with factorised Gaussian noise, drawn anew for each row; the means alone while `noisy` is off.

    References
    ----------
    Fortunato et al. (2018), Noisy networks for exploration, equations 9 to 11.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.noisy = False
        bound = 1.0 / math.sqrt(inputs)
        self.weight = nn.Parameter(torch.empty(outputs, inputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(outputs).uniform_(-bound, bound))
        self.weight_sigma = nn.Parameter(torch.full((outputs, inputs), SIGMA_0 * bound))
        self.bias_sigma = nn.Parameter(torch.full((outputs,), SIGMA_0 * bound))

    def forward(self, x: Tensor) -> Tensor:
        """(B, outputs)."""
        mean = nn.functional.linear(x, self.weight, self.bias)
        if not self.noisy:
            return mean
        given, made = (_squashed(torch.randn(len(x), n)) for n in reversed(self.weight.shape))
        return mean + made * nn.functional.linear(given * x, self.weight_sigma) + made * self.bias_sigma


def _squashed(noise: Tensor) -> Tensor:
    return noise.sign() * noise.abs().sqrt()


class ValueNet(BasePolicy):
    """Values of every action, or quantiles of them.

    Parameters
    ----------
    observation_space, action_space
    net_arch : list of int
        Hidden layers, each with ReLU.
    dueling : bool
        V + A - mean A instead of one head.
    noisy : bool
        `NoisyLinear` layers.
    n_quantiles : int
        0 for values.
    stock : StockRating, optional
        How quantiles become values; by default their mean.

    References
    ----------
    Wang et al. (2016), Dueling network architectures, equation 9.
    """

    def __init__(
        self,
        observation_space: Any,
        action_space: Any,
        *,
        net_arch: list[int],
        dueling: bool,
        noisy: bool,
        n_quantiles: int = 0,
        stock: StockRating | None = None,
    ) -> None:
        super().__init__(observation_space, action_space)
        layer = NoisyLinear if noisy else nn.Linear
        self.n_actions, self.n_quantiles = int(action_space.n), n_quantiles
        widths = [int(observation_space.shape[0]), *net_arch]
        layers = [[layer(a, b), nn.ReLU()] for a, b in pairwise(widths)]
        rows = max(n_quantiles, 1)
        self.noisy, self.stock = noisy, stock
        self.trunk = nn.Sequential(*[part for pair in layers for part in pair])
        self.advantage = layer(widths[-1], rows * self.n_actions)
        self.value = layer(widths[-1], rows) if dueling else None

    def forward(self, obs: Tensor) -> Tensor:
        """Values (B, A), or quantiles (B, N, A), of every action whether legal or not."""
        hidden = self.trunk(obs)
        heads: Tensor = self.advantage(hidden).unflatten(1, (-1, self.n_actions))
        if self.value is not None:
            heads = heads - heads.mean(dim=2, keepdim=True) + self.value(hidden).unsqueeze(2)
        return heads if self.n_quantiles else heads.squeeze(1)

    def values(self, obs: Tensor) -> Tensor:
        """(B, A): of quantiles, what `rate` makes of them."""
        return self.rate(self(obs), obs)

    def rate(self, found: Tensor, obs: Tensor) -> Tensor:
        """(B, A) values from what the network gave: of quantiles their mean, or by the stock."""
        if self.stock is not None:
            return self.stock(found, obs)
        return found.mean(dim=1) if self.n_quantiles else found

    def make_noise(self, on: bool) -> None:
        """Turn the noise of `NoisyLinear` layers on or off."""
        if self.noisy:
            for module in self.modules():
                if isinstance(module, NoisyLinear):
                    module.noisy = on

    def _predict(self, observation: Any, deterministic: bool = True) -> Tensor:
        return masked(self.values(observation), observation).argmax(dim=1)


class ValuePolicy(DQNPolicy):
    """`ValueNet` twice: online and target. Extra arguments: `dueling`, `noisy`."""

    def __init__(self, *args: Any, dueling: bool = True, noisy: bool = False, **kwargs: Any) -> None:
        self._kind: dict[str, Any] = {"dueling": dueling, "noisy": noisy}
        super().__init__(*args, **kwargs)

    def make_q_net(self) -> Any:
        """An online or a target network."""
        return ValueNet(self.observation_space, self.action_space, net_arch=self.net_arch, **self._kind).to(
            self.device
        )


class QuantilePolicy(QRDQNPolicy):
    """The same with quantiles. One more argument: `stock`, a `StockRating`."""

    def __init__(
        self,
        *args: Any,
        dueling: bool = False,
        noisy: bool = False,
        stock: StockRating | None = None,
        **kwargs: Any,
    ) -> None:
        self._kind: dict[str, Any] = {"dueling": dueling, "noisy": noisy, "stock": stock}
        super().__init__(*args, **kwargs)

    def make_quantile_net(self) -> Any:
        """An online or a target network."""
        return ValueNet(
            self.observation_space,
            self.action_space,
            net_arch=self.net_arch,
            n_quantiles=self.n_quantiles,
            **self._kind,
        ).to(self.device)
