"""Limits on weights: what they promise for any input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counts import full_or
from quantrl.contest.mandate import Mandate
from quantrl.errors import ConfigError, OrderError

EXAMPLES = full_or(300, 50)
weight = st.one_of(st.just(float("nan")), st.floats(-2.0, 3.0))
rows = st.lists(weight, min_size=1, max_size=8).map(np.array)
limits = st.builds(Mandate, max_name=st.floats(0.01, 1.0), gross=st.floats(0.01, 1.0))


@settings(max_examples=EXAMPLES)
@given(rows, limits, st.data())
def test_limits_hold(weights: np.ndarray, mandate: Mandate, data: st.DataObject) -> None:
    held = np.array(data.draw(st.lists(st.floats(0.0, 1.0), min_size=len(weights), max_size=len(weights))))
    before = weights.copy()
    cut, clips = mandate.apply(weights, held)
    assert np.array_equal(np.isnan(cut), np.isnan(weights))
    assert np.array_equal(weights, before, equal_nan=True)
    known = cut[~np.isnan(cut)]
    assert (known >= 0).all()
    assert (known <= mandate.max_name).all()
    room = max(mandate.gross - held[np.isnan(cut)].sum(), 0.0)
    assert known.sum() <= room + 2e-9
    assert bool(clips) or np.array_equal(cut, weights, equal_nan=True)


@settings(max_examples=EXAMPLES)
@given(rows, limits)
def test_a_second_time_nothing_is_cut(weights: np.ndarray, mandate: Mandate) -> None:
    once, _ = mandate.apply(weights)
    twice, clips = mandate.apply(once)
    assert np.array_equal(once, twice, equal_nan=True)
    assert clips == ()


@settings(max_examples=EXAMPLES)
@given(rows, limits, st.randoms(use_true_random=False))
def test_order_of_instruments_does_not_matter(weights, mandate, random) -> None:
    order = list(range(len(weights)))
    random.shuffle(order)
    cut, _ = mandate.apply(weights)
    other, _ = mandate.apply(weights[order])
    assert np.array_equal(other, cut[order], equal_nan=True)


@settings(max_examples=EXAMPLES)
@given(rows, limits)
def test_a_larger_wish_never_gets_less(weights: np.ndarray, mandate: Mandate) -> None:
    cut, _ = mandate.apply(weights)
    there = np.flatnonzero(~np.isnan(weights))
    ranked = there[np.argsort(weights[there], kind="stable")]
    assert (np.diff(cut[ranked]) >= 0).all()


def test_clips_say_what_was_cut() -> None:
    cut, clips = Mandate(max_name=0.4, gross=0.5).apply(
        np.array([0.6, -0.1, 0.3, np.nan]), np.array([0, 0, 0, 0.15])
    )
    assert [(clip.limit, clip.instrument) for clip in clips] == [
        ("long_only", 1),
        ("max_name", 0),
        ("gross", -1),
    ]
    assert cut[:3] == pytest.approx([0.2, 0.0, 0.15])
    assert np.isnan(cut[3])
    assert clips[1].json() == {"limit": "max_name", "instrument": 0, "before": 0.6, "after": 0.4}
    assert clips[2].before == pytest.approx(0.7)
    assert clips[2].after == pytest.approx(0.35)


def test_what_grew_by_price_is_not_sold() -> None:
    cut, clips = Mandate(max_name=0.25).apply(np.array([np.nan, 0.1]), np.array([0.4, 0.0]))
    assert np.isnan(cut[0])
    assert cut[1] == 0.1
    assert clips == ()


def test_nonsense_is_refused() -> None:
    mandate = Mandate()
    with pytest.raises(OrderError, match="instrument 1 is inf"):
        mandate.apply(np.array([0.1, np.inf]))
    with pytest.raises(OrderError, match=r"shape \(2,\), got \(3,\)"):
        mandate.apply(np.zeros(3), np.zeros(2))
    with pytest.raises(OrderError, match="float64"):
        mandate.apply(np.array(["a"]))
    with pytest.raises(ConfigError, match="margin account"):
        Mandate(long_only=False)
    for name in ("max_name", "gross"):
        for value in (0.0, 1.1, float("nan")):
            with pytest.raises(ConfigError, match=name):
                Mandate(**{name: value})
