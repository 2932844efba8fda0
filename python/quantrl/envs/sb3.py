"""The batch as a vectorised environment of Stable-Baselines3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from gymnasium import spaces

from quantrl.envs._batch import Batch, Segment, action_range, as_market
from quantrl.envs._sb3 import BatchVecEnv
from quantrl.envs.portfolio import PortfolioConfig

if TYPE_CHECKING:
    from quantrl.data import Panel
    from quantrl.envs.layout import ObsLayout
    from quantrl.envs.market import Market


class PortfolioVecEnv(BatchVecEnv):
    """N portfolio episodes stepped in one call, as `BatchVecEnv` describes; infos add ``wealth``.

    Parameters
    ----------
    batch : Batch
        Made by `make_vec_env`.
    """

    batch: Batch

    def __init__(self, batch: Batch) -> None:
        shown = {"layout": batch.layout, "config": batch.config, "market": batch.market}
        super().__init__(batch, observation_space(batch), action_space(batch), shown)

    @property
    def market(self) -> Market:
        """What is traded."""
        return self.batch.market

    @property
    def layout(self) -> ObsLayout:
        """Where everything lies in an observation."""
        return self.batch.layout

    @property
    def config(self) -> PortfolioConfig:
        """What an episode is."""
        return self.batch.config

    def ended(self, totals: dict[str, float]) -> dict[str, Any]:
        """``episode`` and ``wealth``."""
        return {
            "episode": {"r": totals["r"], "l": int(totals["l"]), "t": 0.0},
            "wealth": totals["wealth"],
        }


def observation_space(batch: Batch) -> spaces.Box:
    """A flat box; that of the released code is bounded by 10."""
    bound = 10.0 if batch.layout.kind == "released" else np.inf
    return spaces.Box(-bound, bound, (batch.layout.size,), np.float32)


def action_space(batch: Batch) -> spaces.Box:
    """K + 1 numbers, cash first."""
    low, high = action_range(batch.config)
    return spaces.Box(low, high, (batch.layout.n_actions,), np.float32)


def make_batch(
    data: Panel | Market,
    config: PortfolioConfig,
    *,
    n_envs: int = 1,
    seed: int = 0,
    start: int | str | None = None,
    until: int | str | None = None,
    env_id0: int = 0,
    threads: int = 2,
    mode: str | None = None,
) -> Batch:
    """The batch behind an environment; parameters as in `make_vec_env`."""
    market = as_market(data, config)
    segment = Segment.of(market, start, until)
    return Batch(
        market, config, n_envs=n_envs, seed=seed, segment=segment, env_id0=env_id0, threads=threads, mode=mode
    )
