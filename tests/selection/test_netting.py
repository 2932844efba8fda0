"""Many targets, one order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from quantrl.selection.netting import net

WEIGHTS = np.array([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0], [0.2, 0.0, 0.0]])


def test_sum_of_capital_scale_and_weight() -> None:
    found = net(np.array([[0.5, 0.25, 0.0]]), np.array([0.5, 2.0, 9.0]), WEIGHTS)
    assert found.factors.tolist() == [1.0]
    assert found.targets[0].tolist() == pytest.approx([0.125, 0.125, 0.5])


def test_one_factor_keeps_exposure_within_the_limit() -> None:
    found = net(np.array([[0.5, 0.5, 0.0], [0.1, 0.1, 0.0]]), np.array([3.0, 1.0, 1.0]), WEIGHTS, 0.8)
    assert found.factors.tolist() == pytest.approx([0.4, 1.0])
    assert found.targets[0].sum() == pytest.approx(0.8)
    assert found.targets[0].tolist() == pytest.approx([0.3, 0.3, 0.2])


def test_nobody_funded_is_cash() -> None:
    found = net(np.zeros((1, 3)), np.ones(3), WEIGHTS)
    assert not found.targets.any()
    assert found.factors.tolist() == [1.0]


@given(
    arrays(np.float64, (4, 6), elements=st.floats(0, 1)),
    arrays(np.float64, 4, elements=st.floats(0, 10)),
    arrays(np.float64, (2, 4), elements=st.floats(0, 0.25)),
    st.floats(0.1, 1.0),
)
def test_never_above_the_limit_never_negative(
    weights: np.ndarray, scales: np.ndarray, shares: np.ndarray, limit: float
) -> None:
    weights = weights / np.maximum(1.0, weights.sum(axis=1, keepdims=True))
    found = net(shares, scales, weights, limit)
    assert (found.targets >= 0).all()
    assert (found.targets.sum(axis=1) <= limit * (1 + 1e-12)).all()
    assert ((found.factors > 0) & (found.factors <= 1)).all()
