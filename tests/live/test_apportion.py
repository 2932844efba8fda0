"""Largest remainder: exact, fair, bounded by the weights, the same in every run."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantrl.live.apportion import apportion, apportion_signed

WEIGHTS = st.lists(st.integers(0, 2**70), min_size=1, max_size=8).filter(any)


@given(st.integers(0, 2**70), WEIGHTS)
def test_exact_sum_within_one_of_the_quota(total: int, weights: list[int]) -> None:
    shares = apportion(total, weights)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - Fraction(total * weight, sum(weights))) < 1
        if total <= sum(weights):
            assert 0 <= share <= weight


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [
        (1, [1, 1, 1], [1, 0, 0]),
        (2, [1, 1, 1], [1, 1, 0]),
        (5, [7, 3], [4, 1]),
        (7, [0, 3, 4], [0, 3, 4]),
        (0, [0, 0], [0, 0]),
        (10, [1, 2], [3, 7]),
    ],
)
def test_by_hand(total: int, weights: list[int], shares: list[int]) -> None:
    assert apportion(total, weights) == shares
    assert apportion_signed(-total, weights) == [-share for share in shares]


@pytest.mark.parametrize(("total", "weights"), [(1, [0]), (1, []), (-1, [1]), (1, [2, -1])])
def test_what_cannot_be_split_is_refused(total: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match="apportion"):
        apportion(total, weights)
