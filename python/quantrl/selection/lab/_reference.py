"""The published table: net Sharpe ratios by pool, and more on P1, of 120 pools drawn by NumPy."""

from __future__ import annotations

import math
from dataclasses import dataclass

_POOLS = ("P0", "P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8")
_MORE = ("p10", "precision", "tau", "turnover", "detection")
_NONE = math.nan


@dataclass(frozen=True)
class Reference:
    """Figures to compare with.

    Attributes
    ----------
    seeds, seed : int
        Pools behind every figure, and their seed.
    se : float
        Standard error of a net Sharpe ratio.
    sharpe : dict
        By rule, then by pool.
    mixed : dict
        By rule: what else was measured on P1; NaN where nothing was.
    """

    seeds: int
    seed: int
    se: float
    sharpe: dict[str, dict[str, float]]
    mixed: dict[str, dict[str, float]]


def _reference(seed: int, rows: dict[str, tuple[tuple[float, ...], tuple[float, ...]]]) -> Reference:
    sharpe = {name: dict(zip(_POOLS, row[0], strict=True)) for name, row in rows.items()}
    mixed = {name: dict(zip(_MORE, row[1], strict=True)) for name, row in rows.items()}
    return Reference(120, seed, 0.05, sharpe, mixed)


REFERENCE = _reference(
    11,
    {
        "EqualWeight": (
            (0.01, 0.47, 0.41, 0.27, 0.45, 0.32, 0.65, 0.50, 0.38),
            (-0.16, _NONE, _NONE, 0.0, _NONE),
        ),
        "FollowTheLeader 1": (
            (-0.10, 1.31, 0.86, 0.31, 1.28, 0.67, 1.29, 1.31, 0.51),
            (0.76, 0.83, 0.32, 18.5, _NONE),
        ),
        "FollowTheLeader 5": (
            (-0.11, 1.77, 1.20, 0.41, 1.47, 0.98, 2.05, 1.69, 0.99),
            (1.15, 0.78, 0.32, 10.0, 194.0),
        ),
        "ContestTrade top 3": (
            (-1.50, -0.86, -0.70, -1.20, -0.98, -1.25, -0.94, -0.87, -0.83),
            (-1.55, 0.28, 0.10, 226.0, 463.0),
        ),
        "ContestTrade weights": (
            (-1.36, -0.66, -0.57, -1.02, -0.74, -0.98, -0.77, -0.68, -0.75),
            (-1.37, 0.26, 0.10, 171.0, 492.0),
        ),
        "FinRLQuarterly": (
            (-0.05, 1.11, 0.85, 0.52, 0.82, 0.76, 0.94, 0.88, 0.45),
            (0.35, 0.67, 0.32, 7.0, _NONE),
        ),
        "RollingSharpe 63": (
            (-0.48, 1.04, 1.01, 0.15, 0.46, 0.43, 0.76, 0.55, 0.18),
            (0.43, 0.53, 0.32, 58.0, 38.0),
        ),
        "RollingSharpe 252": (
            (-0.24, 1.83, 1.07, 0.39, 1.09, 0.94, 1.63, 1.29, 0.52),
            (1.12, 0.74, 0.43, 21.6, 66.0),
        ),
        "Hedge": (
            (-0.10, 1.45, 0.96, 0.36, 1.36, 0.98, 1.45, 1.39, 0.32),
            (0.86, 0.80, 0.30, 17.3, 36.0),
        ),
        "FixedShare": (
            (-0.28, 1.35, 1.19, 0.47, 0.93, 0.63, 1.16, 0.99, 0.24),
            (0.77, 0.67, 0.34, 33.0, 36.0),
        ),
        "RandomK": (
            (-0.01, 0.39, 0.33, 0.21, 0.39, 0.25, 0.49, 0.43, 0.29),
            (-0.38, 0.20, _NONE, 0.0, _NONE),
        ),
        "EwSharpeEB": (
            (0.02, 1.95, 1.11, 0.39, 1.17, 1.22, 1.92, 1.45, 0.91),
            (1.31, 0.77, 0.43, 1.7, 88.0),
        ),
        "core, no guard": (
            (0.01, 2.17, 1.34, 0.63, 1.40, 1.40, 2.13, 1.58, 0.49),
            (1.54, 0.83, 0.46, 2.9, 60.0),
        ),
        "core": (
            (0.02, 2.16, 1.34, 0.63, 1.39, 1.41, 2.13, 1.58, 0.86),
            (1.54, 0.82, 0.46, 3.0, 60.0),
        ),
        "default": (
            (0.00, 2.17, 1.35, 0.62, 1.53, 1.41, 2.12, 1.66, 0.86),
            (1.54, 0.82, 0.46, 3.1, 56.0),
        ),
        "half-life mix": (
            (-0.03, 2.18, 1.47, 0.61, 1.45, 1.42, 2.19, 1.66, 0.91),
            (1.52, 0.83, 0.45, 3.3, 66.0),
        ),
        "BestInHindsight": (
            (1.08, 2.47, 2.04, 1.45, 2.28, 1.98, 3.02, 2.42, 2.54),
            (1.87, 0.95, _NONE, 0.0, _NONE),
        ),
    },
)
"""Seed 11, on which the settings were chosen."""

FRESH = _reference(
    777,
    {
        "default": (
            (-0.05, 2.11, 1.37, 0.61, 1.50, 1.41, 2.11, 1.66, 0.92),
            (1.34, 0.83, 0.46, 3.1, 53.0),
        )
    },
)
"""Seed 777, on which nothing was chosen."""
