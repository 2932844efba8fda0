"""Networks over price windows, as feature extractors of Stable-Baselines3. Importing this folder imports torch."""

from __future__ import annotations

from quantrl.agents.sharpe_portfolio.nets.asset_conv import AssetConv
from quantrl.agents.sharpe_portfolio.nets.gather import GatherWindow, Reading, WindowExtractor
from quantrl.agents.sharpe_portfolio.nets.resnet import ResNet
from quantrl.agents.sharpe_portfolio.nets.vgg import Vgg

NETS: dict[str, type[WindowExtractor]] = {"asset_conv": AssetConv, "resnet": ResNet, "vgg": Vgg}
"""Every network by its name in a config."""

__all__ = ["NETS", "AssetConv", "GatherWindow", "Reading", "ResNet", "Vgg", "WindowExtractor"]
