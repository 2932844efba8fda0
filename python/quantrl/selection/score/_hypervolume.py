"""Volume that only one of several points dominates, exactly, by slicing."""

from __future__ import annotations

import numpy as np

from quantrl.errors import ConfigError
from quantrl.typing import FloatArray

MOST_POINTS = 50
MOST_DIMENSIONS = 4
_Point = tuple[int, list[float]]


def contributions(points: FloatArray, reference: float) -> FloatArray:
    """Hypervolume of all points less that without each of them.

    Cut along the last coordinate: within a slab between two neighbouring values, the cross-section is the same problem
    of one dimension less for the points that reach the slab. Copies of a point contribute 0.

    Parameters
    ----------
    points : (n, d) float64
        Larger is better; n <= 50, d <= 4.
    reference : float
        The corner of every box, in each coordinate. A point below it in one of them dominates nothing.

    Returns
    -------
    (n,) float64

    Raises
    ------
    ConfigError
        More points or dimensions.

    Notes
    -----
    O(n^(d-1) log n). While, Hingston, Barone and Huband (2006), A faster algorithm for calculating hypervolume, IEEE
    Transactions on Evolutionary Computation 10, for slicing.
    """
    n, d = points.shape
    if n > MOST_POINTS or not 1 <= d <= MOST_DIMENSIONS:
        raise ConfigError(
            f"hypervolume: expected at most {MOST_POINTS} points of 1 to {MOST_DIMENSIONS} coordinates, got {n} of {d}"
        )
    above = np.maximum(points - reference, 0.0)
    # A line is a strip of height 1.
    rows = (above if d > 1 else np.column_stack([above, np.ones(n)])).tolist()
    found = [0.0] * n
    _cut([(at, row) for at, row in enumerate(rows)], max(d, 2), 1.0, found)
    return np.array(found)


def _cut(points: list[_Point], d: int, weight: float, found: list[float]) -> None:
    """Adds `weight` times what each point alone covers in the first d coordinates to `found`."""
    if d == 2:
        _plane(points, weight, found)
        return
    ordered = sorted(points, key=lambda point: -point[1][d - 1])
    heights = [row[d - 1] for _, row in ordered] + [0.0]
    for reached in range(1, len(ordered) + 1):
        depth = heights[reached - 1] - heights[reached]
        if depth > 0:
            _cut(ordered[:reached], d - 1, weight * depth, found)


def _plane(points: list[_Point], weight: float, found: list[float]) -> None:
    """In a strip the point that reaches farthest is alone beyond the second farthest."""
    ordered = sorted(points, key=lambda point: -point[1][1])
    heights = [row[1] for _, row in ordered] + [0.0]
    first, second, who = 0.0, 0.0, 0
    for k, (at, row) in enumerate(ordered):
        if row[0] > first:
            first, second, who = row[0], first, at
        elif row[0] > second:
            second = row[0]
        found[who] += weight * (heights[k] - heights[k + 1]) * (first - second)
