"""How far choosing the best backtest of many chose noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from quantrl import _core
from quantrl.metrics._arrays import as_table
from quantrl.metrics._settings import whole
from quantrl.typing import FloatArray


@dataclass(frozen=True, eq=False)
class Overfitting:
    """What the best configuration of each half of the blocks did in the other half.

    Attributes
    ----------
    probability : float in [0, 1]
        Share of `logits` that are at most 0: the best in sample ends in the lower half out of sample.
    slope : float
        Least-squares slope of `outside` on `inside`; NaN where `inside` does not vary.
    loss : float in [0, 1]
        Share of `outside` below 0.
    left_out : int
        Halves without an entry, because a configuration does not vary in them or in the rest. With no entry left,
        the figures above are NaN.
    logits : (n_halves,) float64
        ln(w / (1 - w)), w = rank out of sample / (configurations + 1); ties share the middle rank.
    inside, outside : (n_halves,) float64
        Sharpe ratio per period of the chosen configuration, in and out of sample.
    """

    probability: float
    slope: float
    loss: float
    left_out: int
    logits: FloatArray
    inside: FloatArray
    outside: FloatArray


def pbo(returns: ArrayLike, *, blocks: int = 16) -> Overfitting:
    """Probability of backtest overfitting, by combinatorially symmetric cross-validation.

    Parameters
    ----------
    returns : (T, K) float64
        Simple net returns of every configuration tried, on the same periods; K of at least 2, T of at least
        2 `blocks`. NaN is refused.
    blocks : int
        Even, from 2 to 18: runs of periods whose lengths differ by at most one. All C(blocks, blocks / 2) halves
        are used: 12,870 for 16.

    Raises
    ------
    DataError
        A value is not finite, or there are too few periods or configurations.
    ConfigError
        `blocks` is odd or out of range.

    Notes
    -----
    O(T K + C(blocks, blocks / 2) K), in Rust, GIL released. The choice is by Sharpe ratio with no risk-free rate.

    References
    ----------
    Bailey, Borwein, Lopez de Prado and Zhu (2015), The probability of backtest overfitting, J. Computational
    Finance.
    """
    return Overfitting(**_core.overfitting(as_table(returns), whole("blocks", blocks)))


def pbo_of_sums(lengths: ArrayLike, sums: ArrayLike) -> Overfitting:
    """`pbo` of configurations whose returns were not kept.

    Parameters
    ----------
    lengths : (blocks,) int64
        Periods of each block, in time; an even number of blocks from 2 to 18.
    sums : (K, 2 blocks) float64
        Per configuration and block the sum of returns, then that of their squares.

    Raises
    ------
    DataError
        A value is not finite, shapes do not fit, or there are too few periods or configurations.
    ConfigError
        The number of blocks is odd or out of range.

    Notes
    -----
    O(C(blocks, blocks / 2) K). A variance below 1e-13 of that over all blocks counts as none.
    """
    rows = [whole(f"lengths: block {at}", one) for at, one in enumerate(np.asarray(lengths).ravel().tolist())]
    return Overfitting(**_core.overfitting_of_sums(rows, as_table(sums, "sums")))
