from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from quantrl.backtest import Expanding, Fold, Rolling
from quantrl.errors import ConfigError, DataError


def test_expanding_by_hand() -> None:
    plan = Expanding(min_train=1260, validation=252, test=252, step=252, gap=5, min_test=63)
    first, second, third = plan.folds(1522 + 2 * 252 + 63)
    assert first == Fold(0, (0, 1260), (1265, 1517), (1522, 1774))
    assert second == Fold(1, (0, 1512), (1517, 1769), (1774, 2026))
    assert third == Fold(2, (0, 1764), (1769, 2021), (2026, 2089))
    assert len(plan.folds(1522 + 2 * 252 + 62)) == 2


def test_rolling_by_hand() -> None:
    plan = Rolling(train=100, test=20, gap=2)
    assert plan.folds(163) == (
        Fold(0, (0, 100), (100, 100), (102, 122)),
        Fold(1, (20, 120), (120, 120), (122, 142)),
        Fold(2, (40, 140), (140, 140), (142, 162)),
    )
    assert Rolling(train=100, test=20, step=50).folds(220)[1].train == (50, 150)


def test_last_folds_are_counted_from_zero() -> None:
    whole = Expanding(min_train=100, test=20).folds(205)
    kept = Expanding(min_train=100, test=20, last=2).folds(205)
    assert [fold.test for fold in kept] == [fold.test for fold in whole[-2:]]
    assert [fold.index for fold in kept] == [0, 1]


numbers = st.integers(1, 40)
plans = st.fixed_dictionaries(
    {
        "test": numbers,
        "step": st.none() | st.integers(1, 80),
        "validation": st.integers(0, 30),
        "gap": st.integers(0, 9),
        "min_test": st.none() | numbers,
        "last": st.none() | st.integers(1, 4),
    }
)


@given(plans, numbers, st.integers(1, 400), st.booleans())
def test_no_row_serves_twice_and_none_comes_early(
    plan: dict[str, Any], train: int, n_bars: int, expanding: bool
) -> None:
    assume((plan["step"] or plan["test"]) >= plan["test"] >= (plan["min_test"] or 1))
    maker = Expanding(min_train=train, **plan) if expanding else Rolling(train=train, **plan)
    try:
        folds = maker.folds(n_bars)
    except DataError:
        span = plan["gap"] + (plan["validation"] and plan["validation"] + plan["gap"])
        shortest = plan["min_test"] or plan["test"]
        more = ((plan["last"] or 1) - 1) * (plan["step"] or plan["test"])
        assert n_bars < train + span + more + shortest
        return
    assert folds
    for index, fold in enumerate(folds):
        assert fold.index == index
        assert fold.train[1] - fold.train[0] >= train
        assert fold.train[0] == 0 if expanding else fold.train[1] - fold.train[0] == train
        assert fold.validation[1] - fold.validation[0] == plan["validation"]
        if plan["validation"]:
            assert fold.validation[0] - fold.train[1] == plan["gap"]
        assert fold.test[0] - fold.validation[1] == plan["gap"]
        assert (plan["min_test"] or plan["test"]) <= fold.test[1] - fold.test[0] <= plan["test"]
        assert fold.test[1] <= n_bars
    for before, after in pairwise(folds):
        assert before.test[1] - before.test[0] == plan["test"]
        assert after.test[0] - before.test[0] == (plan["step"] or plan["test"])
        assert before.test[1] <= after.test[0]


def test_too_few_rows_say_how_many_are_needed() -> None:
    plan = Expanding(min_train=1260, validation=252, test=252, gap=5, min_test=63)
    with pytest.raises(DataError, match=r"1 fold of 1260 \+ 262 \+ 63 bars .* need 1585 bars, got 1584"):
        plan.folds(1584)
    assert len(plan.folds(1585)) == 1
    with pytest.raises(DataError, match=r"3 folds .* need 160 bars, got 150, which hold 2"):
        Rolling(train=100, test=20, last=3).folds(150)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"test": 0}, "test: expected an int of at least 1, got 0"),
        ({"test": 2.0}, "test: expected an int of at least 1, got 2.0"),
        ({"test": 20, "step": 19}, "step: expected at least test = 20"),
        ({"test": 20, "min_test": 21}, "min_test: expected at most test = 20, got 21"),
        ({"test": 20, "gap": -1}, "gap: expected an int of at least 0, got -1"),
        ({"test": 20, "last": 0}, "last: expected an int of at least 1, got 0"),
        ({"test": 20, "validation": None}, "validation: expected an int of at least 0, got None"),
    ],
)
def test_bad_settings(wrong: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        Expanding(min_train=100, **wrong)
    with pytest.raises(ConfigError, match=text):
        Rolling(train=100, **wrong)
    with pytest.raises(ConfigError, match="min_train"):
        Expanding(min_train=0, test=20)
    with pytest.raises(ConfigError, match="train"):
        Rolling(train=True, test=20)
