"""Shrinkage against the definition of Ledoit and Wolf, one outer product a bar."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.agents.rules._covariance import shrunk_covariance


def _by_definition(returns: np.ndarray) -> np.ndarray:
    bars, names = returns.shape
    centred = returns - returns.mean(axis=0)
    sample = sum(np.outer(x, x) for x in centred) / bars
    target = np.trace(sample) / names * np.eye(names)
    distance = ((sample - target) ** 2).sum()
    noise = sum(((np.outer(x, x) - sample) ** 2).sum() for x in centred) / bars**2
    share = min(max(noise / distance, 0.01), 1.0)
    return (1 - share) * sample + share * target


@pytest.mark.parametrize(("bars", "names"), [(250, 6), (30, 20), (8, 12)])
def test_equals_its_definition(bars, names):
    random = np.random.default_rng(bars)
    returns = random.normal(0, 0.01, (bars, names)) + random.normal(0, 0.01, (bars, 1))
    returns *= np.linspace(0.5, 3, names)
    np.testing.assert_allclose(shrunk_covariance(returns), _by_definition(returns), rtol=1e-9)


@pytest.mark.parametrize("names", [1, 2, 9])
def test_copies_of_a_name_stay_invertible(names):
    one = np.random.default_rng(1).normal(0, 0.01, (40, 1))
    assert np.linalg.eigvalsh(shrunk_covariance(np.repeat(one, names, axis=1))).min() > 0


def test_fewer_bars_than_names_stay_invertible():
    returns = np.array([[0.01, -0.02, 0.03, 0.01], [-0.01, 0.02, -0.03, -0.01]])
    assert np.linalg.eigvalsh(shrunk_covariance(returns)).min() > 0
