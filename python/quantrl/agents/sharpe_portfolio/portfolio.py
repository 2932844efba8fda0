"""The name users import: train it, load it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantrl.agents.sharpe_portfolio.agent import SharpePortfolioAgent
    from quantrl.agents.sharpe_portfolio.training.config import TrainConfig
    from quantrl.agents.sharpe_portfolio.training.run import TrainRun
    from quantrl.data import Panel
    from quantrl.envs import PortfolioConfig


class SharpePortfolio:
    """A portfolio agent trained for the Sharpe ratio after costs, after arXiv 2412.18563."""

    @staticmethod
    def train(
        panel: Panel,
        env: PortfolioConfig | None = None,
        train: TrainConfig | None = None,
        **options: Any,
    ) -> TrainRun:
        """Train every walk-forward fold and seed; `options` are those of `train_panel`: ``out``, ``root``, ``quiet``.

        Parameters
        ----------
        panel : Panel
        env : PortfolioConfig, optional
        train : TrainConfig, optional

        Returns
        -------
        TrainRun
            `path`, `manifest` and `evaluate`.

        Raises
        ------
        ConfigError, DataError, RunError, KeyboardInterrupt
            As in `quantrl.agents.sharpe_portfolio.training.run.train_panel`; without ``quantrl[rl]`` a `ConfigError`.
        """
        from quantrl.agents._training.extra import needed

        with needed():
            from quantrl.agents.sharpe_portfolio.training.run import train_panel
        return train_panel(panel, env, train, **options)

    @staticmethod
    def load(path: str | Path) -> SharpePortfolioAgent:
        """The agent of a run folder, or of the folder of one policy; needs no torch.

        Raises
        ------
        ConfigError, DataError
            No policy there, or one that was changed.
        """
        from quantrl.agents.sharpe_portfolio.agent import build

        return build(str(path))
