"""One small network for every asset alike, joined by means over assets."""

from __future__ import annotations

import torch
from gymnasium import spaces
from torch import Tensor, nn

from quantrl.agents.sharpe_portfolio.nets.gather import WindowExtractor
from quantrl.envs.layout import N_STATS, ObsLayout

WIDTHS = (16, 32, 32)
HIDDEN = 32
SCORE_GAIN = 0.1


def time_kernels(changes: int) -> tuple[tuple[int, int, int], int]:
    """Kernel lengths of the three time convolutions (strides 4, 2, 1), and how many of the newest changes they read.

    A stride that does not divide what is left would drop the newest bars; here the oldest go: of the 49 changes in 50
    bars the newest 44 are read.
    """
    first = min(8, changes)
    steps = (changes - first) // 4 + 1
    second = min(4, steps)
    last = (steps - second) // 2 + 1
    used = first + 4 * (second + 2 * (last - 1) - 1)
    return (first, second, last), used


class AssetConv(WindowExtractor):
    """Three convolutions over each asset's changes from bar to bar, then one layer for weight, mean asset and s.

    With ``head="score"`` the output is one score per asset and one of cash (K + 1), then the pooled vector, and the
    scores do not change with the order of the assets. With ``head="mlp"`` it is the K hidden vectors, then the pooled
    vector.

    Parameters
    ----------
    observation_space, layout, norm
        See `WindowExtractor`.
    head : {"score", "mlp"}

    Notes
    -----
    The pooled vector is the mean and the maximum over assets of the hidden vectors, the cash weight and s.
    """

    def __init__(
        self, observation_space: spaces.Box, layout: ObsLayout, norm: str, head: str = "score"
    ) -> None:
        n_stats = 0 if layout.kind == "released" else N_STATS
        pooled = 2 * HIDDEN + 1 + n_stats
        per_asset = layout.n_assets + 1 if head == "score" else layout.n_assets * HIDDEN
        super().__init__(observation_space, layout, norm, per_asset + pooled)
        self.head, self.pooled = head, pooled
        (first, second, last), self.used = time_kernels(layout.window - 1)
        self.time = nn.Sequential(
            nn.Conv2d(layout.n_features, WIDTHS[0], (first, 1), (4, 1)),
            nn.ReLU(inplace=True),
            nn.Conv2d(WIDTHS[0], WIDTHS[1], (second, 1), (2, 1)),
            nn.ReLU(inplace=True),
            nn.Conv2d(WIDTHS[1], WIDTHS[2], (last, 1)),
            nn.ReLU(inplace=True),
        ).to(memory_format=torch.channels_last)
        self.own = nn.Linear(WIDTHS[2] + 1, HIDDEN)
        self.common = nn.Linear(WIDTHS[2] + n_stats, HIDDEN, bias=False)
        if head == "score":
            self.score = nn.Linear(HIDDEN, 1)
            self.cash = nn.Linear(pooled, 1)
            for layer in (self.score, self.cash):
                _shrink(layer)

    def forward(self, obs: Tensor) -> Tensor:
        """Features (B, D) of observations."""
        reading = self.gather(obs)
        recent = reading.image[:, :, -self.used - 1 :]
        # Changes from bar to bar are all of one size; levels grow with the distance from the last bar.
        changes = (recent[:, :, 1:] - recent[:, :, :-1]).contiguous(memory_format=torch.channels_last)
        hidden = self.time(changes).flatten(2).transpose(1, 2)
        own = self.own(torch.cat([hidden, reading.weights[:, 1:, None]], 2))
        common = self.common(torch.cat([hidden.mean(1), reading.stats], 1))
        mixed = torch.relu(own + common[:, None])
        pooled = torch.cat([mixed.mean(1), mixed.amax(1), reading.weights[:, :1], reading.stats], 1)
        if self.head == "mlp":
            return torch.cat([mixed.flatten(1), pooled], 1)
        return torch.cat([self.cash(pooled), self.score(mixed).flatten(1), pooled], 1)


def _shrink(layer: nn.Linear) -> None:
    """Start near action 0, which is the base portfolio."""
    with torch.no_grad():
        layer.weight.mul_(SCORE_GAIN)
        layer.bias.zero_()
