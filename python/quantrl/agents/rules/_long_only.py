"""The long-only minimum-variance portfolio by an active-set method on one tableau."""

from __future__ import annotations

import numpy as np

from quantrl.typing import BoolArray, FloatArray

_TOLERANCE = 1e-10


def minimum_variance(covariance: FloatArray) -> FloatArray:
    """Weights (n,) that minimise w'Cw over w >= 0, sum(w) = 1.

    Parameters
    ----------
    covariance : (n, n) float64
        Symmetric, positive definite.

    Notes
    -----
    Solved as: minimise x'Cx/2 - sum(x) over x >= 0, then w = x / sum(x); both have the same optimality
    conditions up to scale: Cx >= 1, with equality where x > 0.

    On a set S of free names the minimum is the closed form x_S = C_SS^-1 1. The tableau [C | 1], swept on S,
    holds it in its last column, and beside it, for every other name, by how much Cx falls short of 1. The
    name whose entry lowers the objective most enters S; the step towards the new closed form stops where a
    name reaches zero, which leaves. The objective is strictly convex and falls at each entry, so no S occurs
    twice, and there are finitely many. Rounding cannot make it endless either: after 3 n entries the last x,
    which is feasible, is returned. A sweep is O(n^2), and about as many are needed as names are held.
    """
    count = len(covariance)
    tableau = np.column_stack([covariance, np.ones(count)])
    free = np.zeros(count, dtype=np.bool_)
    x = np.zeros(count)
    for _ in range(3 * count):
        shortfall = np.where(free, 0.0, np.maximum(tableau[:, -1], 0.0))
        if shortfall.max() <= _TOLERANCE:
            break
        entering = int((shortfall * shortfall / tableau.diagonal()).argmax())
        _sweep(tableau, entering)
        free[entering] = True
        x = _descend(tableau, x, free)
    return np.asarray(x / x.sum())


def _descend(tableau: FloatArray, x: FloatArray, free: BoolArray) -> FloatArray:
    """Move from a feasible x to the closed form of the free names; names at zero leave `free` in place."""
    while True:
        target = np.where(free, tableau[:, -1], 0.0)
        blocked = target < 0
        if not blocked.any():
            return target
        step = float((x[blocked] / (x[blocked] - target[blocked])).min())
        x = x + step * (target - x)
        leaving = free & (x <= _TOLERANCE * x.max())
        for name in np.flatnonzero(leaving).tolist():
            _sweep(tableau, name)
        free &= ~leaving
        x = np.where(free, x, 0.0)


def _sweep(tableau: FloatArray, k: int) -> None:
    """Exchange name `k` between the free and the others, in place; a second time undoes the first."""
    pivot = tableau[k, k]
    column = tableau[:, k] / pivot
    row = tableau[k].copy()
    tableau -= column[:, None] * row
    tableau[k] = row / pivot
    tableau[:, k] = -column
    tableau[k, k] = 1.0 / pivot
