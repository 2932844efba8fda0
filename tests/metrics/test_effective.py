"""The effective number of series, beside eigenvalues from LAPACK."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl import metrics
from quantrl.errors import DataError
from quantrl.metrics.effective import MOST_BY_SPECTRUM


def oracle(returns: np.ndarray) -> float:
    """From the definition: Ledoit-Wolf towards the identity, then the spectrum."""
    z = (returns - returns.mean(axis=0)) / returns.std(axis=0)
    t, k = z.shape
    sample = z.T @ z / t
    noise = np.mean([((np.outer(row, row) - sample) ** 2).sum() for row in z]) / t
    share = min(1.0, noise / ((sample - np.eye(k)) ** 2).sum())
    p = np.linalg.eigvalsh((1 - share) * sample + share * np.eye(k)) / k
    return float(np.exp(-(p * np.log(p)).sum()) if k <= MOST_BY_SPECTRUM else 1 / (p**2).sum())


@pytest.mark.parametrize("k", [2, 40, 205])
def test_equals_its_definition(k: int, rng: np.random.Generator) -> None:
    returns = 0.01 * (rng.standard_normal((300, 1)) + rng.standard_normal((300, k)))
    assert metrics.effective_number(returns) == pytest.approx(oracle(returns), rel=1e-9)


def test_copies_add_nothing_and_independent_columns_count(rng: np.random.Generator) -> None:
    returns = rng.standard_normal((20_000, 5))
    assert metrics.effective_number(returns) == pytest.approx(5, abs=0.01)
    assert metrics.effective_number(np.hstack([returns[:, :1]] * 4)) == pytest.approx(1, abs=0.01)
    assert metrics.effective_number(
        np.hstack([returns, np.full((20_000, 2), 0.1)])
    ) == metrics.effective_number(returns)


def test_what_is_refused() -> None:
    with pytest.raises(DataError, match="row 1, column 0"):
        metrics.effective_number([[0.0, 1.0], [np.nan, 1.0]])
    with pytest.raises(DataError, match="at least 2 periods"):
        metrics.effective_number([[0.0, 1.0]])
    assert np.isnan(metrics.effective_number([[1.0], [1.0]]))
