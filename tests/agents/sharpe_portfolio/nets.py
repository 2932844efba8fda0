"""Small markets with four price columns, and models of every kind on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from quantrl._core import NativePolicy
from quantrl.agents.sharpe_portfolio.export import export_policy
from quantrl.agents.sharpe_portfolio.training.algos import make_algo
from quantrl.data import Panel
from quantrl.envs import PortfolioConfig, make_vec_env

DAY = 86_400 * 10**9
QUICK: dict[str, dict[str, Any]] = {
    "ppo": {"n_steps": 8, "batch_size": 16},
    "a2c": {"n_steps": 8},
    "trpo": {"n_steps": 8, "batch_size": 16},
    "sac": {"buffer_size": 64},
    "td3": {"buffer_size": 64},
}


def panel(n: int = 5, n_bars: int = 90, seed: int = 0) -> Panel:
    """Prices with opens, highs and lows."""
    noise = np.random.default_rng(seed).normal(0.0, 0.015, (3, n_bars, n))
    close = 50.0 * np.exp(np.cumsum(noise[0], axis=0))
    opened = close * np.exp(noise[1])
    high, low = np.maximum(opened, close) * np.exp(np.abs(noise[2])), np.minimum(opened, close) * 0.99
    columns = {"close": close, "open": opened, "high": high, "low": low}
    names = [f"N{i}" for i in range(n)]
    return Panel(columns, np.arange(n_bars) * DAY, names, periods_per_year=252.0)


def config(**changes: Any) -> PortfolioConfig:
    """Windows of 16 bars."""
    return PortfolioConfig.of(**{"window": 16, "episode_len": 6, **changes})


def model(algo: str, net: str, cfg: PortfolioConfig, *, n: int = 5, **other: Any) -> Any:
    """A fresh model, its parameters moved at random so that no part of the network is silent."""
    env = make_vec_env(panel(n), cfg, n_envs=2, seed=0)
    made = make_algo(algo, net, env, seed=0, overrides=QUICK[algo], **other)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in made.policy.parameters():
            spread = 0.3 / max(1.0, parameter[0].numel() ** 0.5 if parameter.dim() > 1 else 3.0)
            parameter.add_(spread * torch.randn(parameter.shape, generator=generator))
    return made


def observations(env: Any, n: int, seed: int = 0) -> NDArray[np.float32]:
    """(n, D) index observations: any row, any assets, any weights, s anywhere within its bounds."""
    rng, layout = np.random.default_rng(seed), env.layout
    rows, names, _ = env.market.features.shape
    obs = np.empty((n, layout.size), dtype=np.float32)
    obs[:, layout.t] = rng.integers(layout.window - 1, rows, (n, 1))
    if layout.has_ids:
        obs[:, layout.ids] = rng.permuted(np.tile(np.arange(names), (n, 1)), axis=1)[:, : layout.n_assets]
    obs[:, layout.weights] = rng.dirichlet(np.ones(layout.n_actions), n)
    obs[:, layout.stats] = np.clip(rng.normal(0.0, 2.0, (n, 5)), -10.0, 10.0)
    return obs


def export(made: Any, folder: Path, **meta: Any) -> NativePolicy:
    """The model's policy, written and read again."""
    env = made.env
    export_policy(made, folder, env_config=env.config, market_id=env.market.id, seed=7, meta=meta)
    return NativePolicy.load(folder)
