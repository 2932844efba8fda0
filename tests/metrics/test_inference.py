from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, special, stats

from quantrl import _core, metrics
from quantrl.errors import ConfigError, DataError
from quantrl.metrics import SharpeMoments

FUND = SharpeMoments(0.458, 24, skew=-2.448, kurtosis=10.164)
BEST = SharpeMoments(2.5 / 250**0.5, 1250, skew=-3.0, kurtosis=10.0)


def test_published_probabilities() -> None:
    assert metrics.probabilistic_sharpe(FUND) == pytest.approx(0.9134, abs=1e-4)
    assert metrics.probabilistic_sharpe(FUND, variance="null") == pytest.approx(0.9876, abs=1e-4)
    assert metrics.probabilistic_sharpe(SharpeMoments(0.458, 24)) == pytest.approx(0.9817, abs=1e-4)


def test_published_deflation() -> None:
    sd = (0.5 / 250) ** 0.5
    assert metrics.deflated_sharpe(BEST, trials=100, sd_trials=sd) == pytest.approx(0.9004, abs=1e-4)
    assert metrics.deflated_sharpe(BEST, trials=46, sd_trials=sd) == pytest.approx(0.9505, abs=1e-4)
    assert metrics.deflated_sharpe(BEST, trials=1, sd_trials=sd) == metrics.probabilistic_sharpe(BEST)


def test_expected_max_and_lengths() -> None:
    assert metrics.expected_max_z(40) == pytest.approx(2.1895, abs=1e-4)
    assert metrics.expected_max_z(40, exact=True) == pytest.approx(2.1608, abs=1e-4)
    assert metrics.expected_max_z(5) == pytest.approx(1.193, abs=1e-3)
    assert metrics.expected_max_z(5, exact=True) == pytest.approx(1.163, abs=1e-3)
    assert metrics.min_backtest_length(40, sharpe=1.0) == pytest.approx(4.79, abs=5e-3)
    daily = SharpeMoments(2 / 252**0.5, 504)
    assert metrics.min_track_record(daily, benchmark=1 / 252**0.5).value == pytest.approx(688.2, abs=0.05)
    assert metrics.min_track_record(daily, benchmark=1.0).reason == "below_benchmark"


@pytest.mark.parametrize("n", [1, 1.7, 2, 22.77, 40, 5000])
def test_exact_maximum_against_scipy(n: float) -> None:
    def integrand(x: float) -> float:
        return x * n * np.exp((n - 1) * special.log_ndtr(x) - x * x / 2) / np.sqrt(2 * np.pi)

    expected = integrate.quad(integrand, -9, 12, epsabs=1e-12, epsrel=1e-12, limit=200)[0]
    assert metrics.expected_max_z(n, exact=True) == pytest.approx(expected, abs=1e-9)


def test_returns_and_their_moments_say_the_same(rng: np.random.Generator) -> None:
    r = rng.standard_t(4, 300) * 0.01 + 0.001
    s, g3, g4 = r.mean() / r.std(ddof=1), stats.skew(r), stats.kurtosis(r, fisher=False)
    se = np.sqrt((1 - g3 * s + (g4 - 1) / 4 * s**2) / 299)
    assert metrics.sharpe_standard_error(r) == pytest.approx(se, rel=1e-12)
    assert metrics.probabilistic_sharpe(r, benchmark=0.01) == pytest.approx(
        stats.norm.cdf((s - 0.01) / se), rel=1e-12
    )
    assert metrics.probabilistic_sharpe(r) == metrics.table(r, periods_per_year=252)["psr"][0]
    length = 1 + se**2 * 299 * (stats.norm.ppf(0.95) / s) ** 2
    assert metrics.min_track_record(r).value == pytest.approx(length, rel=1e-12)


def test_autocorrelation_lowers_the_probability() -> None:
    plain, wide = (
        metrics.probabilistic_sharpe(FUND, variance="null", autocorrelation=rho) for rho in (0.0, 0.3)
    )
    assert 0.5 < wide < plain
    assert stats.norm.ppf(wide) == pytest.approx(stats.norm.ppf(plain) / np.sqrt(1.3 / 0.7), rel=1e-9)


def test_bad_input() -> None:
    with pytest.raises(DataError, match="at least 3 periods, got 2"):
        metrics.probabilistic_sharpe([0.1, 0.2])
    with pytest.raises(DataError, match="varies"):
        metrics.probabilistic_sharpe([0.1] * 9)
    with pytest.raises(DataError, match="row 1"):
        metrics.probabilistic_sharpe([0.1, np.nan, 0.1])
    with pytest.raises(DataError, match="n: expected"):
        metrics.probabilistic_sharpe(SharpeMoments(0.1, 1))
    with pytest.raises(DataError, match="not positive"):
        metrics.probabilistic_sharpe(SharpeMoments(1.0, 10, skew=2.0, kurtosis=5.0))
    for ask in (metrics.probabilistic_sharpe, metrics.sharpe_standard_error, metrics.min_track_record):
        with pytest.raises(DataError, match="kurtosis: expected at least 1 . skew.2 = 10, got 3"):
            ask(SharpeMoments(1.0, 100, skew=3.0))
        with pytest.raises(ConfigError, match="benchmark: expected a finite number, got NaN"):
            ask(FUND, benchmark=float("nan"))
    with pytest.raises(ConfigError, match="variance"):
        metrics.probabilistic_sharpe(FUND, variance="other")
    with pytest.raises(ConfigError, match="autocorrelation"):
        metrics.probabilistic_sharpe(FUND, autocorrelation=0.1)
    with pytest.raises(ConfigError, match="autocorrelation"):
        metrics.probabilistic_sharpe(FUND, variance="null", autocorrelation=1.0)
    with pytest.raises(ConfigError, match="trials"):
        metrics.deflated_sharpe(FUND, trials=0, sd_trials=0.1)
    with pytest.raises(ConfigError, match="sd_trials"):
        metrics.deflated_sharpe(FUND, trials=2, sd_trials=-0.1)
    with pytest.raises(ConfigError, match="confidence"):
        metrics.min_track_record(FUND, confidence=1.0)
    with pytest.raises(ConfigError, match="sharpe"):
        metrics.min_backtest_length(5, sharpe=0.0)


def test_little_confidence_needs_the_shortest_record() -> None:
    assert metrics.min_track_record(FUND, confidence=0.3).value == 1.0
    assert metrics.min_track_record(FUND, confidence=0.7).value > 1.0


def test_normal_distribution_against_scipy() -> None:
    z = np.linspace(-8, 8, 4001)
    np.testing.assert_allclose(_core.normal_cdf(z), special.ndtr(z), rtol=1e-14)
    far = np.linspace(-37, -8, 500)
    np.testing.assert_allclose(_core.normal_cdf(far), special.ndtr(far), rtol=1e-12)
    # Near one half the quantile is a difference of nearly equal numbers, so there the error is absolute.
    p = np.concatenate([np.logspace(-300, -1, 500), np.linspace(0.01, 0.99, 981)])
    np.testing.assert_allclose(_core.normal_quantile(p), special.ndtri(p), rtol=1e-14, atol=2e-16)


@pytest.mark.parametrize("levels", [2, 5, 1000])
def test_kendall_against_scipy(levels: int, rng: np.random.Generator) -> None:
    for n in (2, 3, 40, 500):
        for _ in range(20):
            x, y = rng.integers(0, levels, (2, n)).astype(float)
            found = metrics.kendall_tau(x, y)
            if np.ptp(x) == 0 or np.ptp(y) == 0:
                assert np.isnan(found)
            else:
                assert found == pytest.approx(stats.kendalltau(x, y).statistic, abs=1e-14)


def test_kendall_refuses_and_has_no_answer() -> None:
    assert np.isnan(metrics.kendall_tau([1.0, np.nan], [1.0, 2.0]))
    assert np.isnan(metrics.kendall_tau([], []))
    with pytest.raises(DataError, match="y: expected 2 values, got 3"):
        metrics.kendall_tau([1.0, 2.0], [1.0, 2.0, 3.0])
