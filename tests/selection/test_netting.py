"""Many targets, one order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from quantrl.selection.netting import net, traded_apart

WEIGHTS = np.array([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0], [0.2, 0.0, 0.0]])


def test_sum_of_capital_scale_and_weight() -> None:
    target, factor = net(np.array([0.5, 0.25, 0.0]), np.array([0.5, 2.0, 9.0]), WEIGHTS)
    assert factor == 1.0
    assert target.tolist() == pytest.approx([0.125, 0.125, 0.5])


def test_one_factor_keeps_exposure_within_the_limit() -> None:
    target, factor = net(
        np.array([[0.5, 0.5, 0.0], [0.1, 0.1, 0.0]]), np.array([3.0, 1.0, 1.0]), WEIGHTS, 0.8
    )
    assert factor.tolist() == pytest.approx([0.4, 1.0])
    assert target[0].tolist() == pytest.approx([0.3, 0.3, 0.2])
    assert target[1].tolist() == pytest.approx([0.15, 0.15, 0.1])


def test_nobody_funded_is_cash() -> None:
    target, factor = net(np.zeros(3), np.ones(3), WEIGHTS)
    assert not target.any()
    assert factor == 1.0


@given(
    arrays(np.float64, (3, 4, 6), elements=st.floats(0, 1)),
    arrays(np.float64, 4, elements=st.floats(0, 10)),
    arrays(np.float64, (3, 2, 4), elements=st.floats(0, 0.25)),
    st.floats(0.1, 1.0),
)
def test_any_batch_is_its_parts_and_within_the_limit(
    weights: np.ndarray, scales: np.ndarray, shares: np.ndarray, limit: float
) -> None:
    weights = weights / np.maximum(1.0, weights.sum(axis=2, keepdims=True))
    target, factor = net(shares, scales, weights[:, None], limit)
    assert (target >= 0).all()
    assert (target.sum(axis=2) <= limit * (1 + 1e-12)).all()
    assert ((factor > 0) & (factor <= 1)).all()
    for t in range(3):
        for b in range(2):
            one, scale = net(shares[t, b], scales, weights[t], limit)
            assert one.tobytes() == target[t, b].tobytes()
            assert scale == factor[t, b]


def test_orders_against_each_other_are_saved() -> None:
    earlier = np.array([[0.5, 0.0], [0.0, 0.5]])
    held = np.array([0.6, 0.4])  # the names drifted apart: each sleeve with its name
    swapped = np.array([[0.0, 0.6], [0.4, 0.0]])
    apart, netted = traded_apart(swapped, earlier, earlier.sum(axis=0), held)
    assert apart == pytest.approx(0.6 + 0.6 + 0.4 + 0.4)
    assert netted == pytest.approx(0.2 + 0.2)


def test_a_book_of_one_saves_nothing() -> None:
    earlier, now = np.array([[0.5, 0.2]]), np.array([[0.1, 0.9]])
    apart, netted = traded_apart(now, earlier, earlier[0], np.array([0.55, 0.15]))
    assert apart == pytest.approx(netted) == pytest.approx(0.45 + 0.75)
