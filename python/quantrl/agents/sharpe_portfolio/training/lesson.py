"""One run of a training: one fold, one seed, and only the rows before the test segment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm

from quantrl.agents._training import checkpoint
from quantrl.agents._training.log import Columns
from quantrl.agents._training.loop import LOG_ROWS
from quantrl.agents._training.slot import Slot
from quantrl.agents.sharpe_portfolio.training import algos
from quantrl.agents.sharpe_portfolio.training.config import TrainConfig
from quantrl.agents.sharpe_portfolio.training.validation import validation_sharpe
from quantrl.envs import Market, PortfolioConfig, make_vec_env
from quantrl.errors import ConfigError, DataError
from quantrl.rng import generator

COLUMNS: Columns = {
    "fps": ("time/fps",),
    "ep_rew_mean": ("rollout/ep_rew_mean",),
    "ep_len_mean": ("rollout/ep_len_mean",),
    "validation_sharpe": ("validation/sharpe",),
    "approx_kl": ("train/approx_kl", "train/kl_divergence_loss"),
    "clip_fraction": ("train/clip_fraction",),
    "std": ("train/std",),
    "entropy_loss": ("train/entropy_loss",),
    "policy_loss": (
        "train/policy_gradient_loss",
        "train/policy_objective",
        "train/policy_loss",
        "train/actor_loss",
    ),
    "value_loss": ("train/value_loss", "train/critic_loss"),
    "explained_variance": ("train/explained_variance",),
    "ent_coef": ("train/ent_coef",),
    "learning_rate": ("train/learning_rate",),
}
"""Columns of ``progress.csv`` after ``steps``."""
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
    market : Market
        Rows before `Rows.test_start` and no other: what comes later is not in this process.
    rows : Rows
    env : PortfolioConfig
    train : TrainConfig
    slot : Slot
    """

    market: Market
    rows: Rows
    env: PortfolioConfig
    train: TrainConfig
    slot: Slot

    def __post_init__(self) -> None:
        if len(self.market.time) > self.rows.test_start:
            raise DataError(
                f"market: expected the {self.rows.test_start} rows before the test segment, "
                f"got {len(self.market.time)}"
            )

    @property
    def folder(self) -> Path:
        """Where the policy goes."""
        return self.slot.folder

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints."""
        return self.folder / "checkpoints"

    @property
    def events(self) -> Path:
        """Folder of TensorBoard's events."""
        return self.slot.run / "tb" / f"fold{self.slot.fold}_seed{self.slot.seed}"

    @property
    def steps(self) -> int:
        """Environment steps of the run."""
        return self.train.steps

    @property
    def every(self) -> int:
        """Steps from one validation to the next."""
        return self.train.every

    @property
    def measure(self) -> str:
        """What a validation is judged by."""
        return "sharpe"

    @property
    def columns(self) -> Columns:
        """Of ``progress.csv``."""
        return COLUMNS

    @property
    def learner_seed(self) -> int:
        """Seed of networks, actions and episodes: addressed by seed and fold."""
        return int(generator(self.slot.seed, self.slot.fold, "train").integers(2**62))

    @property
    def identity(self) -> dict[str, Any]:
        """What a checkpoint must have been taken from to go on here."""
        config = {"env": self.env.model_dump(mode="json"), "train": self.train.trial()}
        return {"market_id": self.market.id, "config": config, "seed": self.slot.seed, "fold": self.slot.fold}

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

    def log_interval(self, model: BaseAlgorithm) -> int:
        """About a hundred rows a run: in rollouts on-policy, in episodes off-policy."""
        if isinstance(model, OffPolicyAlgorithm):
            return max(model.n_envs, self.steps // (LOG_ROWS * self.env.episode_len))
        rollout = int(getattr(model, "n_steps", 1)) * model.n_envs
        return max(1, self.steps // (LOG_ROWS * rollout))

    def validate(self, model: BaseAlgorithm) -> tuple[float | None, dict[str, float]]:
        """Sharpe ratio on the validation rows."""
        return validation_sharpe(model, self.market, self.env, self.rows.validation), {}

    def sound(self, model: BaseAlgorithm) -> bool:
        """Nothing but finite numbers is asked for."""
        return True

    def deliver(self, model: BaseAlgorithm, found: dict[str, Any]) -> None:
        """Export the policy."""
        from quantrl.agents.sharpe_portfolio import export

        export.export_policy(
            model,
            self.folder,
            env_config=self.env,
            market_id=self.market.id,
            seed=self.slot.seed,
            meta=self.meta(found, model),
        )

    def meta(self, found: dict[str, Any], model: BaseAlgorithm) -> dict[str, Any]:
        """What the exported policy says of itself; `action_std` where exploration does not depend on the state."""
        last = self.rows.validation[1] - 1
        log_std = getattr(model.policy, "log_std", None)
        return {
            "action_std": None if log_std is None else log_std.detach().exp().cpu().tolist(),
            "fold": self.slot.fold,
            "seed": self.slot.seed,
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
