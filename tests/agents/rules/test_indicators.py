"""Indicators against NumPy's own statistics, and on prices that do not move."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.agents.rules._indicators import growth, mean_and_spread, mean_over_spread, volatility


@pytest.fixture
def returns() -> np.ndarray:
    return np.random.default_rng(3).normal(0.001, 0.02, (60, 4))


def test_volatility_is_the_sample_deviation(returns):
    np.testing.assert_allclose(volatility(returns), returns.std(axis=0, ddof=1), rtol=1e-12)


def test_mean_and_spread(returns):
    prices = 100 + returns
    mean, spread = mean_and_spread(prices)
    np.testing.assert_allclose(mean, prices.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(spread, prices.std(axis=0, ddof=1), rtol=1e-9)


def test_mean_over_spread(returns):
    np.testing.assert_allclose(
        mean_over_spread(returns), returns.mean(axis=0) / returns.std(axis=0, ddof=1), rtol=1e-12
    )


def test_gaps_and_still_prices_are_unknown(returns):
    returns[10, 0] = np.nan
    returns[:, 1] = 0.1 + 0.2
    assert np.isnan(volatility(returns)).tolist() == [True, True, False, False]
    prices = np.full((30, 1), 0.1)
    assert np.isnan(mean_and_spread(prices)[1]).all()


def test_growth():
    assert growth(np.array([4.0]), np.array([5.0])).tolist() == [0.25]
