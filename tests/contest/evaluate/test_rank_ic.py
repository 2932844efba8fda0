"""Rank correlations by hand and against scipy; t-statistics against statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import spearmanr

from quantrl.contest.evaluate.newey_west import automatic_lag, naive_t, newey_west_t
from quantrl.contest.evaluate.rank_ic import daily_ic, rank_ic, realised_means, spearman
from quantrl.errors import ConfigError, DataError


def test_spearman_by_hand() -> None:
    x, y = np.array([1.0, 2.0, 3.0, 4.0]), np.array([10.0, 30.0, 20.0, 40.0])
    assert spearman(x, y) == pytest.approx(1 - 6 * 2 / (4 * 15))
    assert spearman(np.array([1.0, 1.0, 2.0]), np.array([3.0, 5.0, 4.0])) == pytest.approx(0.0)
    assert spearman(np.array([1.0, np.nan, 2.0]), np.array([3.0, 9.0, 4.0])) == pytest.approx(1.0)
    assert math.isnan(spearman(np.ones(4), y))
    assert math.isnan(spearman(x[:1], y[:1]))


def test_every_day_is_scipys() -> None:
    random = np.random.default_rng(0)
    x, y = random.integers(0, 5, (60, 7)) * 1.0, random.normal(size=(60, 7))
    y[random.random(y.shape) < 0.2] = np.nan
    for a, b, found in zip(x, y, daily_ic(x, y), strict=True):
        known = ~np.isnan(b)
        if known.sum() < 4 or np.ptp(a[known]) == 0:
            assert math.isnan(found)
        else:
            assert found == pytest.approx(spearmanr(a[known], b[known]).statistic, abs=1e-12)


def test_the_published_ratio_is_a_t_of_1_41() -> None:
    z = np.random.default_rng(1).normal(size=117)
    z = (z - z.mean()) / z.std(ddof=1)
    series = 0.13 + z
    assert naive_t(series) == pytest.approx(1.41, abs=0.005)


@pytest.mark.parametrize("lag", [0, 1, 3, 9, 40])
def test_newey_west_is_statsmodels(lag: int) -> None:
    api = pytest.importorskip("statsmodels.api")
    random = np.random.default_rng(2)
    for series in (0.1 + random.normal(size=150), np.convolve(random.normal(size=300), np.ones(5), "valid")):
        fit = api.OLS(series, np.ones(len(series))).fit(cov_type="HAC", cov_kwds={"maxlags": lag})
        assert newey_west_t(series, lag) == pytest.approx(float(fit.tvalues[0]), rel=1e-8)


def test_overlap_lowers_t() -> None:
    series = 0.2 + np.convolve(np.random.default_rng(3).normal(size=500), np.ones(5) / 5, "valid")
    assert newey_west_t(series, 10) < 0.7 * naive_t(series)


def test_undefined_t() -> None:
    assert math.isnan(newey_west_t(np.ones(1), 3))
    assert math.isnan(newey_west_t(np.full(9, 0.3), 3))
    assert math.isnan(naive_t(np.full(9, 0.5)))
    with pytest.raises(ConfigError, match="lag"):
        newey_west_t(np.ones(5), -1)
    assert [automatic_lag(n, 3) for n in (40, 100, 504)] == [3, 4, 5]


def test_a_report_of_known_skill() -> None:
    random = np.random.default_rng(4)
    truth = random.normal(size=(200, 12))
    found = rank_ic(truth + 3 * random.normal(size=truth.shape), truth, horizon=3)
    assert found.reason == "ok"
    assert found.n_dates == 200
    assert found.lag == 4
    assert 0.2 < found.mean < 0.4
    assert found.icir == pytest.approx(found.mean / found.daily.std(ddof=1))
    assert found.t > 5
    few = rank_ic(truth[:, :3], truth[:, :3])
    assert few.n_dates == 0
    assert "0 dates" in few.reason
    with pytest.raises(DataError, match="shape"):
        rank_ic(truth, truth[:, :3])


def test_realised_means_are_of_the_days_from_the_decision_on() -> None:
    scores = np.array([[1.0], [2.0], [np.nan], [4.0], [np.nan]])
    assert np.array_equal(realised_means(scores, 2)[:, 0], [1.5, 2.0, 4.0, 4.0, np.nan], equal_nan=True)
    assert np.isnan(realised_means(scores, 6)).all()
