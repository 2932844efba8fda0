"""Ridge on five features: by hand, persistence found, and `ew` while there is too little."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.contest.predict.ew import Ew
from quantrl.contest.predict.features import features
from quantrl.contest.predict.ridge5 import Ridge5
from quantrl.errors import ConfigError


def by_hand(scores: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation, row by row and with the intercept as a column that is not penalised."""
    x, y = [], []
    for tau in range(6, len(scores) - n + 1):
        for agent in range(scores.shape[1]):
            ahead = scores[tau : tau + n, agent]
            x.append(features(scores[tau - 6 : tau - 1, agent]))
            y.append([ahead.mean(), ahead.std()])
    table, target = np.array(x), np.array(y)
    target[:, 1] = np.log(np.maximum(target[:, 1], 0.25 * np.median(target[:, 1])))
    centre, scale = table.mean(axis=0), table.std(axis=0)
    design = np.column_stack([np.ones(len(table)), (table - centre) / scale])
    penalty = np.diag([0.0] + [10.0] * 5)
    beta = np.linalg.solve(design.T @ design + penalty, design.T @ target)
    now = (features(scores[-5:].T) - centre) / scale
    mean, log_sd = (np.column_stack([np.ones(len(now)), now]) @ beta).T
    return mean, np.exp(log_sd)


def test_by_hand() -> None:
    scores = np.random.default_rng(0).normal(0.1, 1.0, (80, 4)) * [1.0, 2.0, 3.0, 0.01]
    mean, sd = by_hand(scores, 3)
    found = Ridge5(3).predict(scores)
    assert found.mean == pytest.approx(mean, rel=1e-9)
    assert found.sd == pytest.approx(np.maximum(sd, 0.25 * np.median(sd)), rel=1e-9)
    assert found.u == pytest.approx(found.mean / found.sd, rel=1e-12)


def test_below_60_rows_it_is_ew() -> None:
    scores = np.random.default_rng(1).normal(size=(27, 3))
    assert np.array_equal(Ridge5(3).predict(scores).u, Ew(21).predict(scores).u)
    scores = np.random.default_rng(1).normal(size=(28, 3))
    assert not np.array_equal(Ridge5(3).predict(scores).u, Ew(21).predict(scores).u)


def test_missing_scores_and_silent_agents() -> None:
    scores = np.random.default_rng(2).normal(size=(100, 4))
    scores[np.random.default_rng(3).random(scores.shape) < 0.3] = np.nan
    scores[:, 3] = np.nan
    found = Ridge5(3).predict(scores)
    assert np.isfinite(found.u[:3]).all()
    assert np.isnan(found.u[3])


def test_refused() -> None:
    with pytest.raises(ConfigError, match="2 days"):
        Ridge5(1)
