from __future__ import annotations

import numpy as np
import pytest

from quantrl import metrics
from quantrl.errors import ConfigError, DataError


def test_posterior_by_its_definition(rng: np.random.Generator) -> None:
    s, v = rng.standard_normal(30), rng.uniform(0.1, 0.9, 30)
    prior = max(1e-6, s.var(ddof=1) - v.mean())
    mean, sd = metrics.eb_shrink(s, v)
    np.testing.assert_allclose(mean, s.mean() + prior / (prior + v) * (s - s.mean()), atol=1e-14)
    np.testing.assert_allclose(sd, np.sqrt(prior * v / (prior + v)), atol=1e-14)


def test_shrunken_scores_are_nearer_to_the_truth(rng: np.random.Generator) -> None:
    truth = rng.standard_normal(2000) * 0.5
    noisy = truth + rng.standard_normal(2000)
    mean, sd = metrics.eb_shrink(noisy, np.ones(2000))
    assert np.mean((mean - truth) ** 2) < 0.3 * np.mean((noisy - truth) ** 2)
    assert np.mean(np.abs(mean - truth) < 1.96 * sd) == pytest.approx(0.95, abs=0.02)


def test_cusum_by_its_definition(rng: np.random.Generator) -> None:
    x = rng.standard_normal((200, 3)) * 0.01
    x[100:, 1] -= 0.01
    found, expected = metrics.cusum(x, sigma=0.01), np.zeros(3)
    for t in range(200):
        expected = np.maximum(0.0, expected - np.clip(x[t] / 0.01, -4, 4))
        np.testing.assert_allclose(found[t], expected, atol=1e-12)
    assert found[-1, 1] > 50
    assert metrics.cusum(x[:, 0], sigma=0.01).shape == (200, 1)


def test_bad_input() -> None:
    with pytest.raises(DataError, match="row 1 is -1.0"):
        metrics.eb_shrink([0.0, 1.0], [0.1, -1.0])
    with pytest.raises(DataError):
        metrics.eb_shrink([0.0, 1.0], [0.1])
    with pytest.raises(DataError, match="row 1"):
        metrics.cusum([0.0, np.nan], sigma=0.01)
    with pytest.raises(ConfigError, match="sigma"):
        metrics.cusum([0.0], sigma=0.0)
