"""Krippendorff's alpha by hand, and its interval."""

from __future__ import annotations

import math

import numpy as np
import pytest

from quantrl.contest.evaluate.agreement import agreement, krippendorff_alpha
from quantrl.errors import ConfigError, DataError


def by_pairs(scores: np.ndarray) -> float:
    """From its definition: squared differences of pairs within units over those of all pairs."""
    units = [row[~np.isnan(row)] for row in scores if (~np.isnan(row)).sum() >= 2]
    everything = np.concatenate(units)
    n = len(everything)
    observed = sum(((u[:, None] - u[None, :]) ** 2).sum() / (len(u) - 1) for u in units) / n
    expected = ((everything[:, None] - everything[None, :]) ** 2).sum() / (n * (n - 1))
    return float(1 - observed / expected)


def test_krippendorffs_own_example() -> None:
    """Four observers, twelve units (Krippendorff 2011, section C): interval alpha .849."""
    gap = np.nan
    table = np.array(
        [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, gap, gap, gap],
            [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, gap, 3],
            [gap, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, gap],
            [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, gap],
        ]
    ).T
    assert krippendorff_alpha(table) == pytest.approx(0.849, abs=5e-4)


def test_by_its_definition() -> None:
    random = np.random.default_rng(0)
    for _ in range(50):
        scores = random.integers(0, 101, (15, 5)) * 1.0 + random.integers(0, 101, (15, 1))
        scores[random.random(scores.shape) < 0.3] = np.nan
        assert krippendorff_alpha(scores) == pytest.approx(by_pairs(scores), abs=1e-12)


def test_extremes() -> None:
    units = np.arange(10.0)[:, None]
    assert krippendorff_alpha(np.repeat(units, 3, axis=1)) == pytest.approx(1.0)
    assert krippendorff_alpha(np.tile([0.0, 1.0], (50, 1))) < 0
    assert math.isnan(krippendorff_alpha(np.full((5, 3), 7.0)))
    assert math.isnan(krippendorff_alpha(np.full((5, 3), np.nan)))
    with pytest.raises(DataError, match="units, judges"):
        krippendorff_alpha(np.zeros(3))


def test_the_interval_covers_and_is_repeatable() -> None:
    random = np.random.default_rng(1)
    scores = 10 * random.normal(size=(60, 1)) + 10 * random.normal(size=(60, 4))
    found = agreement(scores)
    assert found == agreement(scores)
    assert found != agreement(scores, seed=1)
    assert found.low < 0.5 < found.high
    assert found.low < found.alpha < found.high
    assert found.units == 60
    assert math.isnan(agreement(np.full((5, 3), 7.0)).low)
    with pytest.raises(ConfigError):
        agreement(scores, draws=1)
