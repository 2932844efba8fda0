"""The name users import: train it, load it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantrl.agents.dqn_statarb.config import StatArbTrain
    from quantrl.agents.dqn_statarb.policy import PairPolicy
    from quantrl.agents.dqn_statarb.train import TrainRun
    from quantrl.envs import PairConfig


class DqnStatArb:
    """Deep Q-learning of when to be long, flat or short the spread of a pair, after arXiv 2311.10718."""

    @staticmethod
    def train(pair: PairConfig, train: StatArbTrain | None = None, **options: Any) -> TrainRun:
        """Train every seed; `options` are those of `train_pair`: ``out``, ``root``, ``quiet``.

        Parameters
        ----------
        pair : PairConfig
        train : StatArbTrain, optional

        Returns
        -------
        TrainRun
            `path`, `manifest`, `evaluate` and `policy`.

        Raises
        ------
        ConfigError, RunError, KeyboardInterrupt
            As in `quantrl.agents.dqn_statarb.train.train_pair`; without ``quantrl[rl]`` a `ConfigError`.
        """
        from quantrl.agents._training.extra import needed

        with needed():
            from quantrl.agents.dqn_statarb.train import train_pair
        return train_pair(pair, train, **options)

    @staticmethod
    def load(path: str | Path = "bundled") -> PairPolicy:
        """The policy of a folder, or the one that comes with the package; needs no torch.

        Raises
        ------
        ConfigError, DataError
            No policy there, or one that was changed.
        """
        from quantrl.agents.dqn_statarb.policy import load_policy

        return load_policy(path)
