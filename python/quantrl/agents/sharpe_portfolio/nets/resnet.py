"""A small residual network over the image of windows, without batch norm: rollouts and updates see other batches.

After He et al. (2016), Deep residual learning for image recognition; blocks start as the identity, as in Zhang et al.
(2019), Fixup initialization.
"""

from __future__ import annotations

import torch
from gymnasium import spaces
from torch import Tensor, nn

from quantrl.agents.sharpe_portfolio.nets.gather import WindowExtractor, with_weight_row
from quantrl.agents.sharpe_portfolio.nets.vgg import he_normal
from quantrl.envs.layout import ObsLayout

STEM = 16
STAGES = ((16, (1, 1)), (32, (2, 1)), (64, (2, 2)))
BLOCKS_PER_STAGE = 2
FEATURES = 128


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut; the second starts at zero."""

    def __init__(self, channels: int, width: int, stride: tuple[int, int]) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, width, 3, stride, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        same = channels == width and stride == (1, 1)
        shortcut = nn.Identity() if same else nn.Conv2d(channels, width, 1, stride, bias=False)
        self.shortcut: nn.Identity | nn.Conv2d = shortcut

    def forward(self, image: Tensor) -> Tensor:
        """(B, width, H', W')."""
        return torch.relu(self.second(torch.relu(self.first(image))) + self.shortcut(image))


class ResNet(WindowExtractor):
    """A stem, three stages of two blocks, the mean over the image, then one layer that also sees s.

    Parameters
    ----------
    observation_space, layout, norm
        See `WindowExtractor`.
    """

    def __init__(self, observation_space: spaces.Box, layout: ObsLayout, norm: str) -> None:
        super().__init__(observation_space, layout, norm, FEATURES)
        self.stem = nn.Conv2d(layout.n_features, STEM, 3, padding=1)
        blocks: list[BasicBlock] = []
        channels = STEM
        for width, stride in STAGES:
            for number in range(BLOCKS_PER_STAGE):
                blocks.append(BasicBlock(channels, width, stride if number == 0 else (1, 1)))
                channels = width
        self.blocks = nn.Sequential(*blocks)
        self.out = nn.Linear(channels + self.n_stats, FEATURES)
        self.apply(he_normal)
        for block in blocks:
            nn.init.zeros_(block.second.weight)
        self.to(memory_format=torch.channels_last)

    def forward(self, obs: Tensor) -> Tensor:
        """Features (B, 128) of observations."""
        reading = self.gather(obs)
        image = torch.relu(self.stem(with_weight_row(reading)))
        pooled = self.blocks(image).mean((2, 3))
        return torch.relu(self.out(torch.cat([pooled, reading.stats], 1)))
