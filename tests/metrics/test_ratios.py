from __future__ import annotations

import numpy as np
import pytest

from quantrl import metrics

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
