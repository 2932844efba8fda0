from __future__ import annotations

import numpy as np
import pytest

from quantrl import metrics
from quantrl.errors import DataError


def test_by_hand() -> None:
    np.testing.assert_allclose(metrics.holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(metrics.holm([0.5, 0.9]), [1.0, 1.0])
    assert metrics.holm([]).shape == (0,)


def test_rejects_what_the_step_down_rule_rejects(rng: np.random.Generator) -> None:
    for _ in range(200):
        p = rng.uniform(size=rng.integers(1, 9)) ** 3
        ordered = np.sort(p)
        alpha, rejected = 0.05, 0
        while rejected < len(p) and ordered[rejected] <= alpha / (len(p) - rejected):
            rejected += 1
        assert (metrics.holm(p) <= alpha).sum() == rejected
        assert (metrics.holm(p) >= p).all()


def test_bad_input() -> None:
    with pytest.raises(DataError, match="p_values: expected numbers from 0 to 1, row 1 is 1.5"):
        metrics.holm([0.2, 1.5])
    with pytest.raises(DataError, match="p_values: expected finite numbers, row 0"):
        metrics.holm([np.nan])
