"""The market regression against least squares with an explicit intercept."""

from __future__ import annotations

import numpy as np

from quantrl.agents.rules._market_model import market_model


def test_equals_least_squares():
    returns = np.random.default_rng(5).normal(0.001, 0.02, (80, 4))
    design = np.column_stack([np.ones(80), returns.mean(axis=1)])
    coefficients = np.linalg.lstsq(design, returns, rcond=None)[0]
    beta, residuals = market_model(returns)
    np.testing.assert_allclose(beta, coefficients[1], rtol=1e-10)
    np.testing.assert_allclose(residuals, returns - design @ coefficients, atol=1e-15)


def test_a_gap_leaves_the_other_names_as_if_it_were_not_there():
    returns = np.random.default_rng(6).normal(0.001, 0.02, (80, 4))
    gapped = returns.copy()
    gapped[3, 0] = np.nan
    beta, residuals = market_model(gapped)
    alone, alone_residuals = market_model(returns[:, 1:])
    assert np.isnan(beta[0])
    np.testing.assert_allclose(beta[1:], alone, rtol=1e-12)
    np.testing.assert_allclose(residuals[:, 1:], alone_residuals, atol=1e-15)


def test_unknown_when_the_market_stands_still_or_is_empty():
    assert np.isnan(market_model(np.zeros((10, 2)))[0]).all()
    assert np.isnan(market_model(np.full((10, 2), np.nan))[1]).all()
