"""A small VGG over the image of windows: pairs of 3x3 convolutions and pools.

After Simonyan and Zisserman (2015), Very deep convolutional networks for large-scale image recognition; the layers are
our own choice, for those of arXiv 2412.18563 cannot be recovered.
"""

from __future__ import annotations

import torch
from gymnasium import spaces
from torch import Tensor, nn

from quantrl.agents.sharpe_portfolio.nets.gather import WindowExtractor, with_weight_row
from quantrl.envs.layout import ObsLayout

BLOCKS = ((32, (2, 1)), (64, (2, 2)), (128, (2, 2)))
FEATURES = 256
LEAST_ASSETS = 4
"""Narrower images are not pooled over assets."""


class Vgg(WindowExtractor):
    """Three blocks of two convolutions and a maximum pool, then one layer that also sees s.

    Parameters
    ----------
    observation_space, layout, norm
        See `WindowExtractor`.
    """

    def __init__(self, observation_space: spaces.Box, layout: ObsLayout, norm: str) -> None:
        super().__init__(observation_space, layout, norm, FEATURES)
        layers: list[nn.Module] = []
        channels, rows, assets = layout.n_features, layout.window + 1, layout.n_assets
        for width, pool in BLOCKS:
            size = (pool[0] if rows >= 2 else 1, pool[1] if assets >= LEAST_ASSETS else 1)
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(inplace=True)]
            layers += [nn.Conv2d(width, width, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(size)]
            channels, rows, assets = width, rows // size[0], assets // size[1]
        self.blocks = nn.Sequential(*layers).to(memory_format=torch.channels_last)
        self.out_image = (channels, rows, assets)
        self.out = nn.Linear(channels * rows * assets + self.n_stats, FEATURES)
        self.apply(he_normal)

    def forward(self, obs: Tensor) -> Tensor:
        """Features (B, 256) of observations."""
        reading = self.gather(obs)
        flat = self.blocks(with_weight_row(reading)).flatten(1)
        return torch.relu(self.out(torch.cat([flat, reading.stats], 1)))


def he_normal(module: nn.Module) -> None:
    """Weights that keep the variance of a rectified signal. He et al. (2015), Delving deep into rectifiers."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)
