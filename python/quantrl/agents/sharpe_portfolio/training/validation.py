"""How good a policy is on the validation rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.base_class import BaseAlgorithm

from quantrl import metrics
from quantrl.envs import Market, PortfolioConfig, rollouts


def validation_sharpe(
    model: BaseAlgorithm, market: Market, config: PortfolioConfig, rows: tuple[int, int]
) -> float | None:
    """Annualised Sharpe ratio of simple net returns, deterministic policy, one episode from cash.

    Parameters
    ----------
    model : BaseAlgorithm
    market : Market
        Windows may look back before the first row.
    config : PortfolioConfig
    rows : (int, int)
        First row decided on, and the row at which reading stops.

    Returns
    -------
    float or None
        None where it is not defined: all cash, so no variance.
    """

    def act(obs: NDArray[np.float32]) -> NDArray[np.float32]:
        action: Any = model.predict(obs, deterministic=True)[0]
        return np.asarray(action, dtype=np.float32)

    (found,) = rollouts(market, config, act, 1, *rows)
    value = metrics.sharpe(found.returns, periods_per_year=market.periods_per_year).value
    return float(value) if math.isfinite(value) else None
