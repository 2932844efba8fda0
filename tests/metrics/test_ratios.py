from __future__ import annotations

import numpy as np
import pytest

from quantrl import metrics
from quantrl.errors import DataError

RETURNS = [0.02, -0.01, 0.03, -0.02]


def test_by_hand() -> None:
    assert metrics.sharpe(RETURNS, periods_per_year=4).value == pytest.approx(
        0.005 / np.std(RETURNS, ddof=1) * 2
    )
    assert metrics.sortino(RETURNS, periods_per_year=4).value == pytest.approx(
        0.005 / (0.0005 / 4) ** 0.5 * 2
    )
    assert metrics.omega(RETURNS).value == pytest.approx(5 / 3)
    assert metrics.calmar(RETURNS, periods_per_year=4).value == pytest.approx(
        metrics.total_return(RETURNS).value / 0.02
    )


def test_a_risk_free_rate_is_spread_over_the_year() -> None:
    monthly = 1.06 ** (1 / 12) - 1
    excess = np.array(RETURNS) - monthly
    found = metrics.sharpe(RETURNS, periods_per_year=12, risk_free=0.06).value
    assert found == pytest.approx(excess.mean() / excess.std(ddof=1) * 12**0.5, rel=1e-12)


def test_ratios_do_not_change_with_size() -> None:
    for measure in (metrics.sharpe, metrics.sortino):
        small, large = (measure(np.array(RETURNS) * k, periods_per_year=252).value for k in (1e-6, 10.0))
        assert small == pytest.approx(large, rel=1e-12)


def test_the_last_bits_of_a_constant_growth_are_no_risk() -> None:
    """An account that earns interest has returns that differ by rounding: no ratio of 1e15."""
    worth = 100.0 * 1.0001 ** np.arange(200)
    returns = worth[1:] / worth[:-1] - 1.0
    assert len(set(returns.tolist())) > 1
    assert metrics.sharpe(returns, periods_per_year=252.0).reason == "zero_variance"
    found = metrics.table(returns, periods_per_year=252.0).of("0")
    assert {
        name: found[name].reason for name in ("sharpe", "skew", "kurtosis", "psr", "min_track_record")
    } == dict.fromkeys(("sharpe", "skew", "kurtosis", "psr", "min_track_record"), "zero_variance")
    with pytest.raises(DataError, match="varies"):
        metrics.probabilistic_sharpe(returns)
    low, high = metrics.intervals(returns, periods_per_year=252.0, draws=50)["sharpe"]
    assert np.isnan([low, high]).all()
    other = np.random.default_rng(1).standard_normal(199) * 0.01
    assert metrics.pbo(np.column_stack([returns, other]), blocks=4).left_out == 6
    sums = [[block.sum(), (block**2).sum()] for block in np.split(returns[:196], 4)]
    more = [[block.sum(), (block**2).sum()] for block in np.split(other[:196], 4)]
    assert metrics.pbo_of_sums([49] * 4, np.array([sums, more]).reshape(2, 8)).left_out == 6
    assert metrics.sharpe(returns + 1e-8 * other, periods_per_year=252.0).reason == "ok"
