"""Markets whose skill is known: a planted one with an oracle that reads it, and one with nothing to find."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantrl import metrics
from quantrl.data import Panel
from quantrl.envs import Market, PortfolioConfig, make_vec_env, rollouts

DAY = 86_400 * 10**9
SIGMA = 0.01
ENV = PortfolioConfig(
    window=20, episode_len=48, decision_every=1, fill="next_open", cost_bps=0.0, periods_per_year=252.0
)


def planted(n_bars: int, n: int, seed: int, *, strength: float = 0.5) -> Panel:
    """Next return = strength x sigma x sign(last return) + noise; every open is the close before.

    A decision at a close is filled at that same price, so all of the planted return can be earned.
    """
    noise = np.random.default_rng(seed).normal(0.0, SIGMA, (n_bars, n))
    returns = np.empty_like(noise)
    returns[0] = noise[0]
    for t in range(1, n_bars):
        returns[t] = strength * SIGMA * np.sign(returns[t - 1]) + noise[t]
    closes = 100.0 * np.exp(np.cumsum(returns, axis=0))
    opens = np.vstack([closes[:1], closes[:-1]])
    names = [f"N{i}" for i in range(n)]
    return Panel({"close": closes, "open": opens}, np.arange(n_bars) * DAY, names, periods_per_year=252.0)


def sharpe_of(act: Any, market: Market, config: PortfolioConfig, start: int) -> float:
    """Annualised Sharpe ratio from a row to the end."""
    (found,) = rollouts(market, config, act, 1, start, len(market.time))
    return metrics.sharpe(found.returns, periods_per_year=market.periods_per_year).value


def oracle(market: Market) -> Any:
    """Tilts fully towards every name that rose and away from every name that fell; cash stays in the middle."""
    signs = np.sign(market.cc - 1.0)

    def act(obs: NDArray[np.float32]) -> NDArray[np.float32]:
        rows = obs[:, 0].astype(int)
        return np.column_stack([np.zeros(len(rows)), signs[rows]]).astype(np.float32)

    return act


def trained(
    market: Market, config: PortfolioConfig, until: int, *, steps: int, seed: int, **overrides: Any
) -> Any:
    """PPO with `asset_conv` on rows before `until`, as a deterministic policy."""
    from quantrl.agents.sharpe_portfolio.training.algos import make_algo, n_envs

    venv = make_vec_env(market, config, n_envs=n_envs("ppo"), seed=seed, until=until, threads=1)
    model = make_algo("ppo", "asset_conv", venv, seed=seed, overrides=overrides)
    model.learn(steps)
    return lambda obs: np.asarray(model.predict(obs, deterministic=True)[0], dtype=np.float32)
