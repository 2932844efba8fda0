"""Portfolios anyone could have held on the same dates, by the same rules and costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantrl import rng
from quantrl.agents.sharpe_portfolio.released import statistics
from quantrl.agents.sharpe_portfolio.released.replaying import after_reset
from quantrl.agents.sharpe_portfolio.released.result import ReleasedResult
from quantrl.typing import FloatArray

MOST_ROWS = 20_000
"""Longest result whose static portfolios are replayed."""
_ALL_UP_TO = 12
_DRAWN = 2_048


@dataclass(frozen=True)
class Crowd:
    """Sharpe ratios of static portfolios, rebalanced daily.

    Attributes
    ----------
    ratios : (n,) float64
        One a portfolio.
    complete : bool
        Every corner of softmax({0, 1}^(K + 1)), or a draw of them.
    """

    ratios: FloatArray
    complete: bool

    def share(self, ratio: float) -> float:
        """Fraction whose ratio is at least this."""
        return float((self.ratios >= ratio).mean())


def constant(result: ReleasedResult, weights: FloatArray, **how: bool) -> FloatArray:
    """Log returns (T - 1,) of one target for every day after the reset."""
    return after_reset(result, np.tile(weights, (result.n_rows, 1)), **how)["log_return"]


def equal_weight(result: ReleasedResult) -> FloatArray:
    """Log returns (T - 1,) of 1 / (K + 1) in everything, cash included."""
    width = len(result.assets)
    return constant(result, np.full(width, 1 / width))


def static_crowd(result: ReleasedResult) -> Crowd | None:
    """Every corner of what the softmax can hold, 2,048 drawn ones above 11 names; None above `MOST_ROWS` rows."""
    if result.n_rows > MOST_ROWS:
        return None
    width = len(result.assets)
    complete = width <= _ALL_UP_TO
    if complete:
        corners = np.arange(2**width)[:, None] >> np.arange(width) & 1
    else:
        corners = rng.generator(0, 0, "control").integers(0, 2, (_DRAWN, width))
    raised = np.exp(corners.astype(float))
    held = raised / raised.sum(axis=1, keepdims=True)
    return Crowd(np.array([statistics.sharpe(constant(result, one)) for one in held]), complete)
