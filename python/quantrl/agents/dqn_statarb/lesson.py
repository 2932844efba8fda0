"""One run of a training: one environment, one seed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.base_class import BaseAlgorithm

from quantrl.agents._training import checkpoint
from quantrl.agents._training.files import SPEC_FILE
from quantrl.agents._training.log import Columns
from quantrl.agents._training.loop import LOG_ROWS
from quantrl.agents._training.slot import Slot
from quantrl.agents.dqn_statarb.algos import ALGOS, make_learner
from quantrl.agents.dqn_statarb.config import StatArbTrain
from quantrl.agents.dqn_statarb.replay.trace import by, trace
from quantrl.agents.dqn_statarb.risk.sessions import by as sessions_by
from quantrl.agents.dqn_statarb.risk.sessions import sessions
from quantrl.agents.dqn_statarb.risk.stock import deployed, points_of
from quantrl.agents.dqn_statarb.truth import ou_optimum
from quantrl.agents.dqn_statarb.value import Act, worth
from quantrl.agents.dqn_statarb.warm import begin_from
from quantrl.envs import PairConfig, make_vec_env
from quantrl.rng import generator
from quantrl.typing import IntArray

COLUMNS: Columns = {
    "fps": ("time/fps",),
    "ep_rew_mean": ("rollout/ep_rew_mean",),
    "ep_len_mean": ("rollout/ep_len_mean",),
    "validation_value": ("validation/value",),
    "validation_ratio": ("validation/ratio",),
    "exploration": ("rollout/exploration_rate",),
    "td_sd": ("train/td_sd",),
    "q_max": ("train/q_max",),
    "loss": ("train/loss",),
    "learning_rate": ("train/learning_rate",),
}
"""Columns of ``progress.csv`` after ``steps``."""
VALIDATION = 1024
"""Decisions of a validation, in as many environments as are trained on."""
SESSIONS = 64
"""Sessions of a validation where they close, from each first stock."""
MOST_VALUE = 100.0
"""Largest |Q| of a sound learner, times the decisions of an episode."""


def pair_id(pair: PairConfig) -> str:
    """`PairConfig.id`."""
    return pair.id


@dataclass(frozen=True)
class Lesson:
    """What one run needs: the pair, the settings, its place in the run folder, and the run folder it begins from."""

    pair: PairConfig
    train: StatArbTrain
    slot: Slot
    after: Path | None = None

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
        return self.slot.run / "tb" / f"seed{self.slot.seed}"

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
        """What a validation is judged by: money made on fresh paths, not what the world says it should have been."""
        return "value"

    @property
    def columns(self) -> Columns:
        """Of ``progress.csv``."""
        return COLUMNS

    @property
    def identity(self) -> dict[str, Any]:
        """What a checkpoint must have been taken from to go on here."""
        config = {"env": self.pair.identity, "train": self.train.trial()}
        return {"market_id": pair_id(self.pair), "config": config, "seed": self.slot.seed, "fold": 0}

    def learner(self) -> BaseAlgorithm:
        """A fresh learner on a fresh environment.

        Raises
        ------
        ConfigError
            A discount that looks ahead too little, or a replay buffer no checkpoint can hold.
        """
        seed = self._seed("train")
        env = make_vec_env(self.pair.replace(segment="train"), n_envs=self.train.n_envs, seed=seed, threads=1)
        model = make_learner(self.train, env, seed=seed)
        checkpoint.check_size(model, "train.buffer")
        if self.after is not None:
            before = Slot.below(self.after, 0, self.slot.seed).folder
            # A seed that did not end as done there left nothing to begin from.
            if (before / SPEC_FILE).is_file():
                begin_from(model, before, self.pair)
        return model

    def log_interval(self, model: BaseAlgorithm) -> int:
        """About a hundred rows a run, in episodes."""
        return max(model.n_envs, self.steps // (LOG_ROWS * self.pair.episode_len))

    def validate(self, model: BaseAlgorithm) -> tuple[float | None, dict[str, float]]:
        """Money made on paths no training sees, or on the part of a tape for choosing, by the best actions alone; the ratio
        to the optimum is only shown. Where sessions close it is their mean P&L, or the worth of their tail from the best
        first stock."""
        act = _greedy(model)
        if self.pair.objective == "cvar":
            value = self._of_sessions(act)[1]
            return (value if math.isfinite(value) else None), {}
        if self.pair.has_tape:
            net = float(trace(by(act), self.pair, segment="validate", seed=self._seed("check")).net.mean())
            return (net if math.isfinite(net) else None), {}
        found = worth(
            act, self.pair, n_envs=self.train.n_envs, decisions=VALIDATION, seed=self._seed("check")
        )
        best = optimum(self.pair)
        shown = {"ratio": found.expected / best} if best else {}
        return (found.earned if math.isfinite(found.earned) else None), shown

    def sound(self, model: BaseAlgorithm) -> bool:
        """Whether no value has run away."""
        largest: float = getattr(model, "q_max", 0.0)
        return largest <= MOST_VALUE * self.pair.episode_len

    def deliver(self, model: BaseAlgorithm, found: dict[str, Any]) -> None:
        """Export the policy."""
        from quantrl.agents.dqn_statarb.export import export_policy

        meta = {"steps": found["steps"], "best": found["best"], "seed": self.slot.seed}
        algo = self.train.algo
        start = self._of_sessions(_greedy(model))[0] if ALGOS[algo].stock else 0.0
        export_policy(
            model, self.folder, pair=self.pair, algo=algo, seed=self.slot.seed, meta=meta, start=start
        )

    def _of_sessions(self, act: Act) -> tuple[float, float]:
        """The first stock to deploy and what it is worth; without a stock, 0 and the mean P&L."""
        reads = ALGOS[self.train.algo].stock
        first = points_of(self.pair) if reads else np.zeros(1)
        segment = "validate" if self.pair.has_tape else None
        how: dict[str, Any] = {"n": SESSIONS, "seed": self._seed("check"), "segment": segment}
        pnl = sessions(sessions_by(act), self.pair, first, **how)
        if not reads:
            return 0.0, float(pnl.mean())
        place, worths = deployed(first, pnl)
        return float(first[place]), float(worths[place])

    def _seed(self, channel: str) -> int:
        return int(generator(self.slot.seed, 0, channel).integers(2**62))


def _greedy(model: BaseAlgorithm) -> Act:
    def act(obs: NDArray[np.float32]) -> IntArray:
        actions: Any = model.predict(obs, deterministic=True)[0]
        return np.asarray(actions)

    return act


def optimum(pair: PairConfig) -> float:
    """The best value a decision in U where the spread and its constants are known; 0 where there is no reversion."""
    return pair.kappa_dt * ou_optimum(pair.kappa_dt, pair.cost).value if pair.kappa_dt > 0 else 0.0
