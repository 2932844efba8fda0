"""Scores of probabilities by hand, intervals, and recalibration against statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pytest

from quantrl.contest.evaluate.calibration import base_rate, brier, brier_skill, log_score, reliability, wilson
from quantrl.contest.evaluate.platt import Platt, fit_platt, usable_platt
from quantrl.errors import DataError

P, Y = np.array([0.6, 0.7, 0.2, 0.9]), np.array([1.0, 0.0, 0.0, 1.0])


def stated(n: int, seed: int = 0, *, slope: float = 0.4) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities whose log odds are 1 / slope times too bold."""
    random = np.random.default_rng(seed)
    p = random.uniform(0.05, 0.95, n)
    true = 1 / (1 + (p / (1 - p)) ** -slope)
    return p, (random.random(n) < true) * 1.0


def test_vectors() -> None:
    assert brier(P, Y) == pytest.approx(0.175, abs=1e-12)
    assert log_score(P, Y) == pytest.approx(-np.log([0.6, 0.3, 0.8, 0.9]).mean())
    assert log_score(np.array([0.0]), np.array([1.0])) == pytest.approx(-math.log(0.01))
    assert math.isnan(brier(P[:0], Y[:0]))


def test_skill_is_against_the_rate_known_then() -> None:
    decided, matured = np.array([0, 10, 20, 30]), np.array([9, 19, 29, 39])
    assert np.array_equal(base_rate(Y, decided, matured), [np.nan, 1, 0.5, 1 / 3], equal_nan=True)
    reference = 1**2 + 0.5**2 + (2 / 3) ** 2
    assert brier_skill(P, Y, decided, matured) == pytest.approx(1 - (0.49 + 0.04 + 0.01) / reference)
    late = np.full(4, 99)
    assert math.isnan(brier_skill(P, Y, decided, late)), "nothing had matured: there is nothing to beat"


def test_reliability_bins() -> None:
    p = np.array([0.0, 0.05, 0.1, 0.55, 0.55, 0.95, 1.0])
    y = np.array([0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0])
    found = reliability(p, y)
    assert found.count.tolist() == [2, 1, 0, 0, 0, 2, 0, 0, 0, 2]
    assert found.stated[[0, 5, 9]] == pytest.approx([0.025, 0.55, 0.975])
    assert found.share[[0, 1, 5, 9]].tolist() == [0.5, 0, 1, 1]
    assert np.isnan(found.low[2])
    assert (found.low[found.count > 0] <= found.share[found.count > 0]).all()


def test_wilson_by_the_book() -> None:
    low, high = wilson(np.array([8.0, 0.0]), np.array([10, 0]))
    assert (low[0], high[0]) == pytest.approx((0.4901625, 0.9433178), abs=1e-6)
    assert np.isnan(low[1])
    statsmodels = pytest.importorskip("statsmodels.stats.proportion")
    hits, count = np.arange(0.0, 21.0), np.full(21, 20)
    theirs = statsmodels.proportion_confint(hits, count, method="wilson")
    assert np.allclose(wilson(hits, count), theirs, atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_platt_is_statsmodels(seed: int) -> None:
    api = pytest.importorskip("statsmodels.api")
    p, y = stated(300, seed)
    clipped = np.clip(p, 0.01, 0.99)
    x = api.add_constant(np.log(clipped / (1 - clipped)))
    theirs = api.Logit(y, x).fit(disp=0, tol=1e-14, maxiter=200).params
    found = fit_platt(p, y)
    assert (found.intercept, found.slope) == pytest.approx(tuple(theirs), abs=1e-8)


def test_recalibration_is_used_only_where_it_helped() -> None:
    p, y = stated(600)
    curve = usable_platt(p, y)
    assert curve is not None
    assert 0.2 < curve.slope < 0.6
    assert brier(curve.apply(p), y) < brier(p, y)
    assert usable_platt(p[:299], y[:299]) is None
    honest = [usable_platt(*stated(600, seed, slope=1.0)) for seed in range(10)]
    assert sum(found is None for found in honest) >= 4
    newest = stated(100, 1, slope=3.0)
    p, y = (np.concatenate([old[:-100], new]) for old, new in zip((p, y), newest, strict=True))
    assert usable_platt(p, y) is None, "it got worse where it was not fitted"
    assert Platt(0.0, 1.0).apply(np.array([0.3, 0.999])) == pytest.approx([0.3, 0.99])


def test_what_cannot_be_fitted_is_said() -> None:
    for p, y in (
        (P, np.ones(4)),
        (np.full(4, 0.5), Y),
        (np.array([0.1, 0.2, 0.8, 0.9]), np.array([0.0, 0, 1, 1])),
    ):
        with pytest.raises(DataError, match="platt"):
            fit_platt(p, y)
    assert usable_platt(np.full(400, 0.5), np.tile(Y, 100)) is None


def test_refused() -> None:
    with pytest.raises(DataError, match="row 1 is 1.2"):
        brier(np.array([0.1, 1.2]), np.array([0.0, 1.0]))
    with pytest.raises(DataError, match="row 0 is nan"):
        brier(np.array([np.nan]), np.array([0.0]))
    with pytest.raises(DataError, match="outcome: expected 0 or 1"):
        brier(np.array([0.5]), np.array([0.5]))
    with pytest.raises(DataError, match="one a probability"):
        brier(P, Y[:3])
