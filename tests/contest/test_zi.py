from __future__ import annotations

import math

import numpy as np
import pytest

from quantrl.contest import zi
from quantrl.contest.types import Rating
from quantrl.data import Panel
from quantrl.errors import ConfigError, DataError

NAMES = ("paper_sum", "paper_mean", "implied", "repo_positive_clipped")
VECTORS = [
    ([(2, 5.0), (-2, -5.0)], (20, 10, 0.05, 5)),
    ([(-2, 5.0)], (-10, -10, -0.05, 0)),
    ([(1, 25.0)], (25, 25, 0.25, 20)),
    ([(0, 7.0), (2, 5.0)], (10, 5, 0.05, 5)),
]


@pytest.mark.parametrize(("pairs", "expected"), VECTORS)
def test_vectors(pairs: list[tuple[int, float]], expected: tuple[float, ...]) -> None:
    got = zi.score([(rating, percent / 100) for rating, percent in pairs])
    assert [got.get(name) for name in NAMES] == pytest.approx(expected, abs=1e-6)
    assert (got.pairs, got.left_out) == (len(pairs), 0)


def test_ten_lines_on_one_symbol_earn_ten_times_the_sum_and_one_times_the_rest() -> None:
    one, ten = zi.score([(1, 0.02)]), zi.score([(1, 0.02)] * 10)
    assert ten.paper_sum == pytest.approx(10 * one.paper_sum)
    assert (ten.paper_mean, ten.implied) == pytest.approx((one.paper_mean, one.implied))


def test_no_pair_is_no_score_and_all_neutral_earns_nothing() -> None:
    assert all(math.isnan(zi.score([]).get(name)) for name in NAMES)
    assert [zi.score([(0, 0.3)]).get(name) for name in NAMES] == [0, 0, 0, 0]


def test_ratings_are_priced_by_symbol_and_those_without_a_price_are_counted() -> None:
    ratings = [Rating(0, "B", 2), Rating(0, "A", -1), Rating(1, "C", 2)]
    got = zi.score_ratings(ratings, ("A", "B", "C"), np.array([0.01, 0.02, np.nan]))
    assert (got.pairs, got.left_out) == (2, 1)
    assert got.paper_sum == pytest.approx(2 * 2 - 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: zi.score([(1, 0.1), (3, 0.1)]), r"pair 1: expected a rating of -2\.\.2"),
        (lambda: zi.score([(1, math.inf)]), "pair 0: expected .* finite return"),
        (lambda: Rating(0, "A", 3), r"rating of 'A': expected one of -2\.\.2, got 3"),
        (lambda: Rating(0, "A", True), "got True"),
        (lambda: zi.score_ratings([Rating(0, "Z", 1)], ("A",), np.zeros(1)), "'Z': not among the 1 symbols"),
    ],
)
def test_refused(call: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        call()  # type: ignore[operator]


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ConfigError, match="unknown 'sum'; choose one of: paper_sum, paper_mean"):
        zi.score([]).get("sum")


def locked_panel() -> Panel:
    price = np.array([[10.0, 10.0], [11.0, 10.0], [12.1, 12.0], [12.1, np.nan]])
    can_buy = np.array([[True, True], [False, True], [True, True], [True, True]])
    time = 10**18 + 86_400 * 10**9 * np.arange(4)
    return Panel({"open": price, "close": price}, time, ["A", "B"], masks={"can_buy": can_buy})


def test_returns_run_from_open_to_open_and_know_of_locks_and_gaps() -> None:
    out = zi.day_returns(locked_panel())
    expected = [[0.1, 0.0], [np.nan, 0.2], [0.0, np.nan], [np.nan, np.nan]]
    np.testing.assert_allclose(out, expected, atol=1e-12)
    zero = zi.day_returns(locked_panel(), locked="zero")
    assert zero[1, 0] == 0.0
    np.testing.assert_array_equal(
        np.isnan(zero), [[False, False], [False, False], [False, True], [True, True]]
    )
    np.testing.assert_array_equal(zi.day_returns(locked_panel(), "next_close"), out)
    with pytest.raises(ConfigError, match="locked: expected out or zero, got 'half'"):
        zi.day_returns(locked_panel(), locked="half")  # type: ignore[arg-type]
