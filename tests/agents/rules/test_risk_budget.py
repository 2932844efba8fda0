"""Equal risk: contributions, and the two cases with a closed form."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.agents.rules._risk_budget import equal_risk


@pytest.mark.parametrize("seed", range(10))
def test_every_name_contributes_the_same(seed):
    random = np.random.default_rng(seed)
    returns = (random.normal(0, 1, (60, 15)) + random.normal(0, 2, (60, 1))) * np.exp(random.normal(0, 2, 15))
    covariance = returns.T @ returns / 60
    sizes = equal_risk(covariance)
    assert sizes.min() > 0
    np.testing.assert_allclose(sizes * (covariance @ sizes), 1, rtol=1e-8)


def test_without_correlation_it_is_inverse_volatility():
    sizes = equal_risk(np.diag([1.0, 4.0, 16.0]))
    np.testing.assert_allclose(sizes / sizes.sum(), np.array([4, 2, 1]) / 7, rtol=1e-10)


def test_two_names_are_inverse_volatility_whatever_their_correlation():
    sizes = equal_risk(np.array([[1.0, -1.8], [-1.8, 4.0]]))
    np.testing.assert_allclose(sizes[0] / sizes[1], 2, rtol=1e-10)
