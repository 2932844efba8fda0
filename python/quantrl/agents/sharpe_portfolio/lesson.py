"""One run of a training: one fold, one seed, and only the rows before the test segment."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from stable_baselines3.common.base_class import BaseAlgorithm

from quantrl.agents.sharpe_portfolio import algos, checkpoint
from quantrl.agents.sharpe_portfolio.config import TrainConfig
from quantrl.envs import Market, PortfolioConfig, make_vec_env
from quantrl.errors import ConfigError, DataError
from quantrl.rng import generator

if TYPE_CHECKING:
    from quantrl.data import Panel

IMAGE_NETS = frozenset({"vgg", "resnet"})


@dataclass(frozen=True)
class Rows:
    """Half-open row ranges a run may use; the panel it is given ends before the test segment.

    Attributes
    ----------
    train, validation : (int, int)
    test_start : int
        Number of rows the run gets to see.
    """

    train: tuple[int, int]
    validation: tuple[int, int]
    test_start: int


@dataclass(frozen=True)
class Lesson:
    """What one run needs: settings, data before the test segment, and its place in the run folder.

    Attributes
    ----------
    panel : Panel
        Rows before `Rows.test_start` and no other: what comes later is not in this process.
    rows : Rows
    env : PortfolioConfig
    train : TrainConfig
    fold, seed : int
    folder : Path
        ``folds/<fold>/seed<seed>`` of the run.
    """

    panel: Panel
    rows: Rows
    env: PortfolioConfig
    train: TrainConfig
    fold: int
    seed: int
    folder: Path

    def __post_init__(self) -> None:
        if self.panel.n_bars > self.rows.test_start:
            raise DataError(
                f"panel: expected the {self.rows.test_start} rows before the test segment, "
                f"got {self.panel.n_bars}"
            )

    @cached_property
    def market(self) -> Market:
        """The rows before the test segment."""
        return Market.of(self.panel, self.env)

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints."""
        return self.folder / "checkpoints"

    @property
    def learner_seed(self) -> int:
        """Seed of networks, actions and episodes: addressed by seed and fold."""
        return int(generator(self.seed, self.fold, "train").integers(2**62))

    @property
    def identity(self) -> dict[str, Any]:
        """What a checkpoint must have been taken from to go on here."""
        config = {"env": self.env.model_dump(mode="json"), "train": self.train.trial()}
        return {"market_id": self.market.id, "config": config, "seed": self.seed, "fold": self.fold}

    def learner(self) -> BaseAlgorithm:
        """A fresh learner on a fresh environment over the training rows.

        Raises
        ------
        DataError
            Training rows too few for one episode.
        ConfigError
            An algorithm setting that is unknown or does not fit; CUDA asked for where there is none.
        """
        n_envs = self.train.n_envs or algos.n_envs(self.train.algo)
        start, until = self.rows.train
        venv = make_vec_env(
            self.market,
            self.env,
            n_envs=n_envs,
            seed=self.learner_seed,
            start=start,
            until=until,
            threads=1,
        )
        model: BaseAlgorithm = algos.make_algo(
            self.train.algo,
            self.train.net,
            venv,
            seed=self.learner_seed,
            device=device_of(self.train),
            head=self.train.head,
            overrides=self.train.overrides,
        )
        checkpoint.check_size(model)
        return model

    def meta(self, found: dict[str, Any]) -> dict[str, Any]:
        """What the exported policy says of itself."""
        last = self.rows.validation[1] - 1
        return {
            "fold": self.fold,
            "seed": self.seed,
            "steps": found["steps"],
            "best": found["best"],
            "known_from": int(self.market.time[last]),
            "columns": list(self.market.columns),
            "env": self.env.model_dump(mode="json"),
            "n_assets": self.env.n_assets or self.market.shape[1],
            "periods_per_year": self.market.periods_per_year,
        }


def device_of(train: TrainConfig) -> str:
    """Where the network lives: CUDA only for image networks, unless asked for by name.

    Raises
    ------
    ConfigError
        CUDA by name, and there is none.
    """
    if train.device == "cuda" and not torch.cuda.is_available():
        raise ConfigError("train.device: 'cuda' was asked for and there is no CUDA device; use 'auto'")
    if train.device != "auto":
        return train.device
    return "cuda" if train.net in IMAGE_NETS and torch.cuda.is_available() else "cpu"
