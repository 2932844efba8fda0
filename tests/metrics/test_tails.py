from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from quantrl import metrics


@pytest.mark.parametrize("n", [1, 2, 20, 21, 22, 40, 41, 333])
def test_quantiles_of_any_length(n: int, rng: np.random.Generator) -> None:
    r = rng.normal(size=n)
    assert metrics.value_at_risk(r).value == pytest.approx(np.quantile(r, 0.05), rel=1e-13)
    worst = np.sort(r)[: int(np.floor(0.05 * (n - 1))) + 1]
    assert metrics.expected_shortfall(r).value == pytest.approx(worst.mean(), rel=1e-13)
    ratio = abs(np.quantile(r, 0.95)) / abs(np.quantile(r, 0.05))
    assert metrics.tail_ratio(r).value == pytest.approx(ratio, rel=1e-12)


def test_ties_at_the_quantile() -> None:
    r = np.array([-0.1] * 30 + [0.1] * 30)
    assert metrics.value_at_risk(r).value == -0.1
    assert metrics.expected_shortfall(r).value == pytest.approx(-0.1)


def test_shape_against_scipy(rng: np.random.Generator) -> None:
    r = rng.gamma(2.0, size=500)
    assert metrics.skewness(r).value == pytest.approx(stats.skew(r), rel=1e-12)
    assert metrics.kurtosis(r).value == pytest.approx(stats.kurtosis(r, fisher=False), rel=1e-12)
