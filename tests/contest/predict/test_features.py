"""The five features: vectors, and what a missing score is taken for."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.contest.predict.features import features, judge_features
from quantrl.contest.predict.medians import present_median
from quantrl.errors import ConfigError

GAP = np.nan


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([1, 2, 3, 4, 10], [10, 5.666667, 3.091206, 4, 3.162278]),
        ([1, GAP, 3, GAP, 10], [10, 5.333333, 3.299832, 4, 3.098387]),
        ([1, 2, 3, 4, GAP], [2.5, 19 / 6, np.std([3, 4, 2.5]), 2.5, np.std([1, 2, 3, 4, 2.5])]),
        ([GAP, GAP, 7, GAP, GAP], [7, 7, 0, 7, 0]),
    ],
)
def test_vectors(scores: list[float], expected: list[float]) -> None:
    assert features(np.array(scores, dtype=np.float64)) == pytest.approx(expected, abs=1e-6)


def test_nothing_known_is_nan_and_longer_windows_use_their_end() -> None:
    assert np.isnan(features(np.full(5, GAP))).all()
    x = np.arange(24.0).reshape(2, 3, 4, 1) ** 1.5 + np.arange(9.0) ** 2
    assert features(x).shape == (2, 3, 4, 5)
    assert np.array_equal(features(x), features(x[..., 4:]))


def test_short_windows_are_refused() -> None:
    with pytest.raises(ConfigError, match="got 4"):
        features(np.zeros(4))


def test_judges_and_their_panel() -> None:
    found = judge_features(np.array([[60.0, GAP, 80.0], [GAP, GAP, GAP]]))
    assert found[0] == pytest.approx([60, 70, 80, 70, np.std([60, 70, 80])])
    assert np.isnan(found[1]).all()


def test_medians_of_what_is_there() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(200, 7))
    x[random.random(x.shape) < 0.4] = GAP
    x[0] = GAP
    for row, found in zip(x, present_median(x)[:, 0], strict=True):
        known = row[~np.isnan(row)]
        assert found == np.median(known) if len(known) else np.isnan(found)
    assert present_median(np.zeros((3, 0))).shape == (3, 1)
