"""Calendar periods of a bar clock."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.report.periods import finest, lows, means, month_table, period_ends, period_starts

DAYS = np.array(
    ["1999-12-30", "1999-12-31", "2000-01-03", "2000-01-07", "2000-01-10", "2000-02-29", "2002-03-01"],
    dtype="datetime64[ns]",
).astype(np.int64)


@pytest.mark.parametrize(
    ("period", "starts"),
    [
        ("bar", [0, 1, 2, 3, 4, 5, 6]),
        ("day", [0, 1, 2, 3, 4, 5, 6]),
        ("week", [0, 2, 4, 5, 6]),  # Monday 3 January 2000 begins a week
        ("month", [0, 2, 5, 6]),
        ("year", [0, 2, 6]),
    ],
)
def test_periods_start_and_end(period: str, starts: list[int]) -> None:
    assert period_starts(DAYS, period).tolist() == starts
    assert period_ends(DAYS, period).tolist() == [*(row - 1 for row in starts[1:]), 6]


def test_times_before_the_epoch_have_periods() -> None:
    days = np.array(["1968-12-31", "1969-01-01", "1969-12-31", "1970-01-01"], dtype="datetime64[ns]").astype(
        np.int64
    )
    assert period_starts(days, "year").tolist() == [0, 1, 3]
    assert month_table(days, np.array([1.0, 2.0, 3.0, 4.0])).years == [1968, 1969, 1970]


@pytest.mark.parametrize(
    ("at_most", "period"), [(7, "bar"), (6, "week"), (4, "month"), (3, "year"), (1, "year")]
)
def test_the_finest_period_that_fits(at_most: int, period: str) -> None:
    assert finest(DAYS, at_most) == period


def test_lows_skip_the_unknown_and_means_keep_columns() -> None:
    starts = np.array([0, 2])
    assert lows(np.array([3.0, np.nan, 1.0, 2.0]), starts).tolist() == [3.0, 1.0]
    assert means(np.array([[1.0, 0.0], [3.0, 0.0], [5.0, 6.0]]), starts).tolist() == [[2.0, 0.0], [5.0, 6.0]]


def test_months_compound_to_years_and_gaps_are_unknown() -> None:
    table = month_table(DAYS, np.array([100.0, 110.0, 110.0, 120.0, 121.0, 242.0, 121.0]))
    assert table.years == [1999, 2000, 2001, 2002]
    assert table.months[0, 11] == pytest.approx(0.10)
    assert table.months[1, :2] == pytest.approx([0.10, 1.0])
    assert table.months[3, 2] == pytest.approx(-0.5)
    assert np.isnan(table.months[2]).all()
    assert table.totals[[0, 1, 3]] == pytest.approx([0.10, 1.2, -0.5])


def test_nothing_is_returned_after_ruin() -> None:
    table = month_table(DAYS, np.array([100.0, 100.0, 50.0, 0.0, 0.0, 0.0, 0.0]))
    assert table.totals[1] == -1.0
    assert np.isnan(table.totals[3])
