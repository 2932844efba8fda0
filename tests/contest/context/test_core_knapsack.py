"""The binding: what it takes, what it refuses, and a large instance against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from quantrl import _core
from quantrl.errors import DataError


def test_a_large_instance_has_the_value_of_milp() -> None:
    random = np.random.default_rng(1)
    for _ in range(3):
        values, weights = random.random(40), random.integers(100, 4_000, 40).astype(np.uint64)
        chosen = _core.knapsack(values, weights, 16_000)
        row = LinearConstraint(weights[None, :].astype(float), 0, 16_000)
        peer = milp(
            -values, constraints=row, integrality=np.ones(40), bounds=Bounds(0, 1), options={"mip_rel_gap": 0}
        )
        assert values[chosen].sum() == pytest.approx(-peer.fun, abs=1e-9)
        assert weights[chosen].sum() <= 16_000


def test_the_curve() -> None:
    curve = _core.knapsack_curve(np.array([3.0, 2.0]), np.array([2, 4], dtype=np.uint64), 5)
    assert np.array_equal(curve, [0, np.nan, 3, np.nan, 2, np.nan], equal_nan=True)


@pytest.mark.parametrize(
    ("values", "weights", "capacity", "message"),
    [
        ([1.0], [1, 2], 5, "expected 1, one per value, got 2"),
        ([1.0, np.nan], [1, 2], 5, "row 1 is NaN"),
        ([-1.0], [1], 5, "row 0 is -1"),
        ([1.0], [2**40], 2**40, "at most 1024 items"),
        ([1.0] * 1_025, [1] * 1_025, 5, "got 1025"),
    ],
)
def test_refused(values: list[float], weights: list[int], capacity: int, message: str) -> None:
    with pytest.raises(DataError, match=message):
        _core.knapsack(np.array(values), np.array(weights, dtype=np.uint64), capacity)
