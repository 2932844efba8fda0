"""Scores to weights."""

from __future__ import annotations

import numpy as np

from quantrl.agents.rules._weights import equal, priced, proportional, slots, top

NAN = float("nan")


def test_top_breaks_ties_by_index_and_skips_nan():
    assert top(np.array([NAN, 1.0, 2.0, 1.0]), 2).tolist() == [False, True, True, False]


def test_top_takes_what_there_is():
    assert top(np.array([NAN, 1.0]), 5).tolist() == [False, True]
    assert not top(np.array([NAN, NAN]), 1).any()


def test_equal_sums_to_one_or_is_cash():
    assert equal(np.array([True, False, True])).tolist() == [0.5, 0, 0.5]
    assert equal(np.array([False, False])).tolist() == [0, 0]


def test_slots_leave_the_rest_in_cash():
    known = np.array([True, True, True, False])
    assert slots(np.array([True, False, False, True]), known).tolist() == [1 / 3, 0, 0, 0]
    assert slots(known, np.zeros(4, dtype=bool)).tolist() == [0, 0, 0, 0]


def test_proportional_ignores_what_is_not_positive():
    assert proportional(np.array([3.0, NAN, -5.0, 1.0])).tolist() == [0.75, 0, 0, 0.25]
    assert proportional(np.array([0.0, NAN])).tolist() == [0, 0]


def test_priced_blanks_names_without_a_price():
    np.testing.assert_array_equal(priced(np.array([1.0, 2.0]), np.array([NAN, 9.0])), [NAN, 2.0])
