"""From a flat observation to a normalised window of prices, whichever way the observation was laid out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn

from quantrl.envs.layout import N_STATS, ObsLayout
from quantrl.errors import ConfigError, DataError


class Reading(NamedTuple):
    """What a network is given.

    Attributes
    ----------
    image : (B, F, W, K) float32
        Normalised prices, the oldest bar first; channels last in memory.
    weights : (B, K + 1) float32
        Cash first.
    stats : (B, S) float32
        s, or S = 0 for ``released``.
    """

    image: Tensor
    weights: Tensor
    stats: Tensor


class GatherWindow(nn.Module):
    """Looks windows up in a market, or takes them from an observation that holds them.

    The market is a buffer bound after construction and not persistent: it is in no state dict, no pickle and no
    exported policy, and all extractors of a model share one copy.

    Parameters
    ----------
    layout : ObsLayout
    norm : {"log100", "ratio"}
        Scale of windows looked up; an observation that holds its window was scaled by the environment.
    """

    features: Tensor | None
    lags: Tensor

    def __init__(self, layout: ObsLayout, norm: str) -> None:
        super().__init__()
        if norm not in ("log100", "ratio"):
            raise ConfigError(f"norm: expected log100 or ratio, got {norm!r}")
        self.layout, self.norm = layout, norm
        self.register_buffer("features", None, persistent=False)
        self.register_buffer("lags", torch.arange(1 - layout.window, 1), persistent=False)

    def bind(self, features: NDArray[np.float32] | Tensor) -> None:
        """Take a market's log prices (rows, n_all, F) float32; a tensor is shared, not copied.

        Raises
        ------
        DataError
            Another type or shape; fewer rows than a window, or fewer assets than an episode.
        """
        table = features if isinstance(features, Tensor) else as_table(features)
        rows, n_all, columns = table.shape
        if columns != self.layout.n_features or n_all < self.layout.n_assets or rows < self.layout.window:
            expected = f"(>= {self.layout.window}, >= {self.layout.n_assets}, {self.layout.n_features})"
            raise DataError(f"features: expected shape {expected}, got {tuple(table.shape)}")
        self.features = table

    def forward(self, obs: Tensor) -> Reading:
        """Read observations (B, D)."""
        if self.layout.kind == "released":
            return self._released(obs)
        return Reading(self._image(obs), obs[:, self.layout.weights], obs[:, self.layout.stats])

    def _released(self, obs: Tensor) -> Reading:
        rows = obs.view(-1, *self.layout.image_shape)
        risky = rows[:, 0, 0]
        weights = torch.cat([1.0 - risky.sum(1, keepdim=True), risky], 1)
        return Reading(rows[:, :, 1:], weights, obs[:, :0])

    def _image(self, obs: Tensor) -> Tensor:
        if self.layout.kind == "image":
            return obs[:, self.layout.image].view(-1, *self.layout.image_shape)
        window = self._window(obs)
        relative = window - window[:, -1:, :, :1]
        scaled = relative.mul_(100.0) if self.norm == "log100" else relative.exp_()
        return scaled.permute(0, 3, 1, 2)

    def _window(self, obs: Tensor) -> Tensor:
        """(B, W, K, F) log prices."""
        if self.features is None:
            raise ConfigError("features: no market is bound; call bind first")
        rows, n_all, columns = self.features.shape
        row = obs[:, self.layout.t].long() + self.lags
        if not self.layout.has_ids:
            found = nn.functional.embedding(row, self.features.view(rows, n_all * columns))
            return found.view(*row.shape, n_all, columns)
        cell = row[:, :, None] * n_all + obs[:, None, self.layout.ids].long()
        return nn.functional.embedding(cell, self.features.view(rows * n_all, columns))


def as_table(features: NDArray[np.float32]) -> Tensor:
    """A market's log prices (rows, n_all, F) as a tensor of its own; the market's memory stays read-only.

    Raises
    ------
    DataError
        Not float32, or not of three axes.
    """
    if features.dtype != np.float32 or features.ndim != 3:
        raise DataError(f"features: expected float32 of 3 axes, got {features.dtype} of {features.ndim}")
    return torch.tensor(features)


class WindowExtractor(BaseFeaturesExtractor):
    """A network over windows: `GatherWindow` and what follows it.

    Parameters
    ----------
    observation_space : Box
        Flat.
    layout : ObsLayout
    norm : {"log100", "ratio"}
    features_dim : int
        Numbers it gives to the heads.
    """

    def __init__(
        self, observation_space: spaces.Box, layout: ObsLayout, norm: str, features_dim: int
    ) -> None:
        super().__init__(observation_space, features_dim)
        if observation_space.shape != (layout.size,):
            raise ConfigError(
                f"observations: expected {layout.size} numbers, got shape {observation_space.shape}"
            )
        self.layout = layout
        self.gather = GatherWindow(layout, norm)

    @property
    def n_stats(self) -> int:
        """S of a `Reading`."""
        return 0 if self.layout.kind == "released" else N_STATS

    def bind(self, features: NDArray[np.float32] | Tensor) -> None:
        """See `GatherWindow.bind`."""
        self.gather.bind(features)


def with_weight_row(reading: Reading) -> Tensor:
    """(B, F, W + 1, K): the risky weights as the first time row of every channel, then the prices."""
    row = reading.weights[:, None, None, 1:].expand(-1, reading.image.shape[1], -1, -1)
    return torch.cat([row, reading.image], 2).contiguous(memory_format=torch.channels_last)
