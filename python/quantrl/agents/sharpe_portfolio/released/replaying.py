"""The rules of the released code, and a result file put through them again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from quantrl import _core
from quantrl.agents.sharpe_portfolio.released.result import ReleasedResult
from quantrl.typing import FloatArray

PERIODS = 252.0
RATE = 0.0025
TOLERANCE = 1e-6
"""Required of every column; 1e-12 is expected."""


@dataclass(frozen=True)
class ReleasedReplay:
    """A result file computed again from its own weights and relatives.

    Attributes
    ----------
    result : ReleasedResult
        What was read.
    columns : dict of str to (T,) float64
        Every column of `released.result.MEASURES`, as the rules give it.
    drifted : (T, K + 1) float64
        Weights before each trade.
    arithmetic : (T,) float64
        Value of the same weights at the same costs where wealth earns w.y, as a portfolio does.
    """

    result: ReleasedResult
    columns: dict[str, FloatArray]
    drifted: FloatArray
    arithmetic: FloatArray

    @cached_property
    def errors(self) -> dict[str, float]:
        """Largest absolute difference of each column from the file."""
        return {
            name: float(np.max(np.abs(mine - self.result.columns[name])))
            for name, mine in self.columns.items()
        }

    @property
    def reproduced(self) -> bool:
        """Whether every column agrees to `TOLERANCE`."""
        return max(self.errors.values()) <= TOLERANCE


def run(
    relatives: FloatArray, targets: FloatArray, *, geometric: bool = True, guarded: bool = True
) -> dict[str, FloatArray]:
    """Value, cost, returns, reward and drifted weights of a schedule from cash, 25 basis points a side.

    Parameters
    ----------
    relatives, targets : (T, K + 1) float64
        Cash first.
    geometric : bool
        Wealth grows by exp(sum w ln y), as released; else by w.y.
    guarded : bool
        With the 1e-7 of the environment's code; the code of the baselines has none.
    """
    rates = np.full(relatives.shape[1] - 1, RATE)
    return _core.portfolio_replay(
        np.ascontiguousarray(relatives),
        np.ascontiguousarray(targets),
        buy=rates,
        sell=rates,
        growth="geometric" if geometric else "arithmetic",
        guarded=guarded and geometric,
        sizing="first_order",
        periods_per_year=PERIODS,
        episode_len=len(relatives),
    )


def after_reset(result: ReleasedResult, targets: FloatArray, **how: bool) -> dict[str, FloatArray]:
    """`run` on the rows after the reset, T - 1 of them: the first trade is paid on the first of these."""
    return run(result.relatives[1:], targets[1:], **how)


def replay(result: ReleasedResult) -> ReleasedReplay:
    """Compute every column of a result file from its weights and relatives. O(T K)."""
    made = after_reset(result, result.weights)
    market = result.relatives.mean(axis=1)
    columns = {
        "reward": _reset_row(0.0, made["reward"]),
        "log_return": _reset_row(0.0, made["log_return"]),
        "portfolio_value": _reset_row(1.0, made["value"]),
        "cost": _reset_row(0.0, made["cost"]),
        "rate_of_return": _reset_row(0.0, made["simple_return"]),
        "market_return": market,
        "market_value": np.cumprod(market),
        "weights_mean": result.weights.mean(axis=1),
        "weights_std": result.weights.std(axis=1),
        "steps": np.arange(1.0, result.n_rows + 1),
    }
    arithmetic = after_reset(result, result.weights, geometric=False)["value"]
    drifted = np.vstack([result.weights[:1], made["drifted"]])
    return ReleasedReplay(result, columns, drifted, _reset_row(1.0, arithmetic))


def _reset_row(first: float, rest: FloatArray) -> FloatArray:
    return np.concatenate([[first], rest])
