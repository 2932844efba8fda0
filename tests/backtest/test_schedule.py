from __future__ import annotations

import numpy as np
import pytest

from quantrl.backtest import Schedule, run_weights
from quantrl.backtest.schedule import as_schedules
from quantrl.errors import DataError, OrderError

NAN = np.nan


def test_dense_puts_rows_in_their_place() -> None:
    dense = Schedule(np.array([1, 3]), np.array([[0.5, NAN], [0.0, 0.2]])).dense(5)
    assert np.isnan(dense[[0, 2, 4]]).all()
    assert dense[3].tolist() == [0.0, 0.2]


def test_accepted_forms() -> None:
    dense, sparse = np.zeros((4, 2)), Schedule(np.array([0]), np.zeros((1, 2)))
    for weights, count, is_single in [
        (dense, 1, True),
        (sparse, 1, True),
        ([dense, sparse], 2, False),
        ([dense], 1, False),
        (np.zeros((3, 4, 2)), 3, False),
        (np.zeros((4, 2), dtype=np.int64), 1, True),
    ]:
        schedules, single = as_schedules(weights, 4, 2)
        assert (len(schedules), single) == (count, is_single)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.zeros(4), r"weights: expected a \(T, N\) or"),
        ("half", r"weights: expected a \(T, N\) or .* got str"),
        ([], "weights: expected at least one schedule"),
        (np.zeros((3, 2)), r"weights: expected shape \(4, 2\), got \(3, 2\)"),
        ([np.zeros((4, 2)), np.zeros((4, 3))], r"weights\[1\]: expected shape \(4, 2\)"),
        (np.array([["a", "b"]]), "weights: expected float64 numbers, got dtype <U1"),
        (np.array([[None, 1.0]]), "weights: expected float64 numbers, got dtype object"),
    ],
)
def test_other_shapes_and_types_are_refused(weights: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        as_schedules(weights, 4, 2)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([2, 1], "increasing bar numbers, got 2 then 1 at position 1"),
        ([1, 1], "increasing bar numbers, got 1 then 1"),
        ([-1, 1], "expected bar numbers from 0, got -1"),
        ([1, 4], "row 4 is past the last of 4 bars"),
        ([1], "expected 2 integers"),
        ([0.0, 1.0], "expected 2 integers"),
    ],
)
def test_rows_must_be_increasing_bars(rows: list[int], message: str) -> None:
    with pytest.raises(DataError, match=message):
        as_schedules(Schedule(np.array(rows), np.zeros((2, 2))), 4, 2)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([np.inf, 0.0], "weights: row 2, instrument 0: weight inf is infinite"),
        ([-np.inf, 0.0], "weights: row 2, instrument 0: weight -inf is infinite"),
        ([0.1, -0.2], "weights: row 2, instrument 1: weight -0.2 is negative in a cash account"),
        ([0.6, 0.5], r"weights: row 2 sums to 1\.1, more than 1"),
    ],
)
def test_weights_a_cash_account_cannot_hold(row: list[float], message: str) -> None:
    weights = np.full((4, 2), NAN)
    weights[2] = row
    for schedule in (weights, Schedule(np.array([2]), np.array([row]))):
        with pytest.raises(OrderError, match=message):
            run_weights(np.ones((4, 2)), schedule, fill="close", periods_per_year=252)


def test_rounding_and_held_names_are_not_refused() -> None:
    as_schedules(np.array([[0.5, 0.5 + 9e-7], [NAN, 1.0]]), 2, 2)
