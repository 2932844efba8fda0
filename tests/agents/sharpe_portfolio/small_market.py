"""A small market and small learners, so that a training takes seconds."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantrl.data import Panel
from quantrl.envs import PortfolioConfig

DAY = 86_400 * 10**9
ENV = PortfolioConfig(
    window=8, episode_len=6, decision_every=2, fill="next_close", cost_bps=10.0, periods_per_year=252.0
)
POLICY = {"net_arch": [8], "ortho_init": False}


def panel(n_bars: int = 400, n: int = 3, seed: int = 3) -> Panel:
    """Closes of `n` names."""
    steps = np.random.default_rng(seed).normal(3e-4, 0.01, (n_bars, n))
    closes = 50.0 * np.exp(np.cumsum(steps, axis=0))
    names = [f"N{i}" for i in range(n)]
    return Panel({"close": closes}, np.arange(n_bars) * DAY, names, periods_per_year=252.0)


def learner(algo: str, venv: Any, seed: int = 5) -> Any:
    """A learner of Stable-Baselines3 on flat observations."""
    from stable_baselines3 import A2C, PPO, SAC, TD3

    if algo == "ppo":
        return PPO(
            "MlpPolicy",
            venv,
            n_steps=32,
            batch_size=64,
            n_epochs=2,
            seed=seed,
            device="cpu",
            policy_kwargs=POLICY,
        )
    if algo == "a2c":
        return A2C("MlpPolicy", venv, n_steps=16, seed=seed, device="cpu", policy_kwargs=POLICY)
    kind = {"sac": SAC, "td3": TD3}[algo]
    return kind(
        "MlpPolicy",
        venv,
        buffer_size=2_000,
        batch_size=32,
        learning_starts=100,
        gradient_steps=1,
        seed=seed,
        device="cpu",
        policy_kwargs={"net_arch": [8]},
    )


TRAIN_ENV = ENV.replace(window=20)
SIZES: dict[str, dict[str, Any]] = {
    "ppo": {"n_envs": 4, "overrides": {"n_steps": 16, "batch_size": 32, "n_epochs": 2}},
    "sac": {
        "n_envs": 4,
        "overrides": {"buffer_size": 2_000, "batch_size": 32, "learning_starts": 100, "gradient_steps": 1},
    },
}
WINDOWS = {"min_train": 150, "validation": 40, "test": 40, "step": 40, "gap": 5, "min_test": 20}


def train_config(algo: str = "ppo", **changes: Any) -> Any:
    """A training of seconds."""
    from quantrl.agents.sharpe_portfolio import TrainConfig

    settings = {"algo": algo, "steps": 512, "seeds": 1, "folds": 1, "eval_points": 4, "executor": "serial"}
    return TrainConfig(**{**settings, **SIZES[algo], **WINDOWS, **changes})
