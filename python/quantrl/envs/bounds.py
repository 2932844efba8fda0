"""The weights an action map can reach at all: known before anything is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quantrl.envs.portfolio import PortfolioConfig
from quantrl.typing import FloatArray

if TYPE_CHECKING:
    from quantrl.envs.market import Market


def action_bounds(config: PortfolioConfig, market: Market) -> tuple[float, float, float]:
    """Least and largest weight of a risky name, and the largest of cash, over all actions and rows.

    Parameters
    ----------
    config : PortfolioConfig
    market : Market
        Gives the number of names and, for ``inverse_vol``, the base of every row.

    Returns
    -------
    w_min, w_max, cash_max : float
        Exact for fixed assets; for drawn assets under ``inverse_vol`` no tighter than needed.

    Notes
    -----
    ``tilt`` puts name i of base weight b between b / (b + (1 - b) e^2tau) and b / (b + (1 - b) e^-2tau); ``softmax01``
    is the same with equal bases and tau = 1/2, as its actions span 1 where those of ``tilt`` span 2.
    """
    if config.action_map == "identity":
        return 0.0, 1.0, 1.0
    tau = config.temperature if config.action_map == "tilt" else 0.5
    base = _base(config, market)
    low, high = base[..., 1:].min(), base[..., 1:].max()
    return _tilted(low, -tau), _tilted(high, tau), _tilted(base[..., 0].max(), tau)


def _tilted(base: float, tau: float) -> float:
    return float(base / (base + (1.0 - base) * np.exp(-2.0 * tau)))


def _base(config: PortfolioConfig, market: Market) -> FloatArray:
    """Normalised base weights with cash first, one row or as many as the market has."""
    n = market.shape[1]
    k = n if config.n_assets is None else config.n_assets
    if config.action_map != "tilt" or config.base == "equal":
        return np.full(k + 1, 1.0 / (k + 1))
    if isinstance(config.base, tuple):
        weights = np.asarray(config.base, dtype=np.float64)
        return np.asarray(weights / weights.sum())
    risky = market.log_inverse_vol
    if k < n:
        # A drawn name beside k of the least, or of the largest, base: no draw is more extreme.
        spread = np.exp(risky.max() - risky.min())
        return np.array([[spread / (spread + k)] * 2, [1.0 / (1.0 + k * spread)] * 2])
    logs = np.column_stack([risky.mean(axis=1), risky])
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
