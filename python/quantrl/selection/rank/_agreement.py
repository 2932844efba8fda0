"""Orders that disagree least with pairwise preferences."""

from __future__ import annotations

import numpy as np

from quantrl.selection.rank._subsets import ROUNDING, first_least, layers, without
from quantrl.typing import FloatArray, IntArray


def disagreement(order: IntArray, prefer: FloatArray) -> float:
    """Weight of all voters who want a pair the other way round, summed over pairs."""
    sorted_by = prefer[np.ix_(order, order)]
    return float(np.tril(sorted_by, -1).sum())


def least(prefer: FloatArray) -> IntArray:
    """The order of least disagreement, of several the one that comes first by index.

    Parameters
    ----------
    prefer : (m, m) float64
        Weight of the voters who place i above j.

    Notes
    -----
    Dynamic programming over subsets: an order of S is its first item and an order of the rest. O(2^m m).
    """
    m = len(prefer)
    # against[S, i]: weight of those who want something of S above i.
    against = np.zeros((1, m))
    for item in range(m):
        against = np.concatenate([against, against + prefer[item]])
    best = np.zeros(1 << m)
    for sets in layers(m)[1:]:
        inside, rest = without(sets, m)
        best[sets] = np.where(inside, against[sets] + best[rest], np.inf).min(axis=1)
    order, left = [], np.array([(1 << m) - 1])
    for _ in range(m):
        inside, rest = without(left, m)
        cost = np.where(inside, against[left] + best[rest], np.inf)[0]
        order.append(first_least(cost))
        left = rest[:, order[-1]]
    return np.array(order, dtype=np.int64)


def improved(order: IntArray, prefer: FloatArray) -> IntArray:
    """The same order after the best move of one item, again and again, until none helps. O(m^2) a move."""
    m = len(order)
    while m > 1:
        # gap[r, p]: what is lost by putting the item at place p above that at place r.
        gap = prefer[np.ix_(order, order)]
        gap = gap - gap.T
        up = np.cumsum(np.triu(gap)[::-1], axis=0)[::-1]
        down = np.cumsum(np.tril(-gap), axis=0)
        # change[q, p]: of the item at p moved to place q.
        change = np.where(np.arange(m)[:, None] < np.arange(m), up, down)
        np.fill_diagonal(change, 0.0)
        place, item = np.unravel_index(np.argmin(change), change.shape)
        if change[place, item] >= -ROUNDING * m * m:
            break
        order = np.insert(np.delete(order, item), place, order[item])
    return order
