"""Eq. (8) and what stands in for agents without a record."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.contest.allocate import shares
from quantrl.contest.predict import Prediction
from quantrl.contest.predict.cold import utilities
from quantrl.errors import ConfigError


def predicted(u: list[float], matured: list[int]) -> Prediction:
    unknown = np.full(len(u), np.nan)
    return Prediction(np.array(u), unknown, unknown, unknown, np.array(matured))


@pytest.mark.parametrize(
    ("u", "expected"),
    [
        ([1.2, -0.3, 0.4, 0.0], [0.75, 0.0, 0.25, 0.0]),
        ([-1.0, 0.0, -0.2], [0.0, 0.0, 0.0]),
        ([np.nan, 1.0, np.nan], [0.0, 1.0, 0.0]),
        ([], []),
        ([1e308, 1e308], [0.5, 0.5]),
        ([5e-324, 0.0], [1.0, 0.0]),
    ],
)
def test_vectors(u: list[float], expected: list[float]) -> None:
    assert shares(np.array(u)) == pytest.approx(expected, abs=1e-6)


def test_the_cold_get_the_warm_median_but_never_less_than_nothing() -> None:
    assert utilities(predicted([0.3, 9.0, 0.1, 0.2], [9, 2, 3, 50])).tolist() == [0.3, 0.2, 0.1, 0.2]
    assert utilities(predicted([-0.3, 9.0, -0.1], [9, 0, 3])).tolist() == [-0.3, 0.0, -0.1]
    assert utilities(predicted([np.nan, 0.4], [20, 20])).tolist() == [0.4, 0.4]


def test_while_all_are_cold_they_share_or_wait() -> None:
    cold = predicted([9.0, -9.0, np.nan], [2, 1, 0])
    assert shares(utilities(cold)).tolist() == pytest.approx([1 / 3] * 3)
    assert shares(utilities(cold, cold="cash")).tolist() == [0.0, 0.0, 0.0]
    with pytest.raises(ConfigError, match="equal, cash"):
        utilities(cold, cold="hot")  # type: ignore[arg-type]


def test_no_signal_today_is_no_share() -> None:
    u = utilities(predicted([0.3, 0.1, 0.2], [9, 9, 9]), np.array([True, False, True]))
    assert shares(u).tolist() == pytest.approx([0.6, 0.0, 0.4])
