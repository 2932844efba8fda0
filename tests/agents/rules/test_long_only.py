"""Minimum variance against trying every subset of names."""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantrl.agents.rules._long_only import minimum_variance


def _every_subset(covariance: np.ndarray) -> np.ndarray:
    """The best of the closed forms on all subsets whose closed form is not negative."""
    count = len(covariance)
    best, least = np.zeros(count), np.inf
    for subset in chain.from_iterable(combinations(range(count), size) for size in range(1, count + 1)):
        x = np.linalg.solve(covariance[np.ix_(subset, subset)], np.ones(len(subset)))
        if (x >= 0).all() and 1 / x.sum() < least:
            best, least = np.zeros(count), 1 / x.sum()
            best[list(subset)] = x / x.sum()
    return best


def _covariance(seed: int, names: int, common: float) -> np.ndarray:
    random = np.random.default_rng(seed)
    returns = random.normal(0, 1, (3 * names, names)) + common * random.normal(0, 1, (3 * names, 1))
    returns *= np.exp(random.normal(0, 1, names))
    return returns.T @ returns / len(returns)


@given(seed=st.integers(0, 2**32 - 1), names=st.integers(1, 7), common=st.floats(0, 3))
def test_equals_the_best_subset(seed, names, common):
    covariance = _covariance(seed, names, common)
    np.testing.assert_allclose(minimum_variance(covariance), _every_subset(covariance), atol=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_optimality_conditions_hold_for_many_names(seed):
    covariance = _covariance(seed, 60, 2.0)
    weights = minimum_variance(covariance)
    marginal = covariance @ weights / (weights @ covariance @ weights)
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    assert marginal.min() >= 1 - 1e-8
    np.testing.assert_allclose(marginal[weights > 0], 1, atol=1e-8)


def test_dropping_negative_names_alone_would_be_wrong():
    """A matrix where a name dropped for its negative weight has to come back."""
    worst = 0.0
    for seed in range(300):
        covariance = _covariance(seed, 8, 3.0)
        free = list(range(8))
        while (x := np.linalg.solve(covariance[np.ix_(free, free)], np.ones(len(free)))).min() < 0:
            free = [name for name, size in zip(free, x, strict=True) if size > 0]
        weights = minimum_variance(covariance)
        worst = max(worst, (1 / x.sum()) / (weights @ covariance @ weights) - 1)
    assert worst > 1e-6
