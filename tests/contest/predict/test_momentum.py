"""Eq. (6) on scores with and without persistence."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.contest.evaluate.rank_ic import spearman
from quantrl.contest.predict.momentum import Momentum, momentum_grid
from quantrl.errors import ConfigError


def test_persistence_is_found_at_its_horizon_and_noise_is_not() -> None:
    random = np.random.default_rng(0)
    noise = random.normal(size=(300, 8))
    lasting = np.repeat(random.normal(size=(30, 8)), 10, axis=0) + 0.5 * noise
    grid = momentum_grid(lasting)
    assert len(grid.cells) == 50
    assert grid.best is not None
    assert grid.best.ic.t > 5
    assert grid.best.ic.mean > grid.best.long.mean + 0.2
    best = momentum_grid(noise).best
    assert best is not None
    assert abs(best.ic.mean) < 0.1


def test_a_cell_by_hand() -> None:
    scores = np.random.default_rng(1).normal(size=(60, 5))
    cell = next(cell for cell in momentum_grid(scores).cells if (cell.m, cell.n) == (4, 2))
    by_day = [
        spearman(scores[t - 5 : t - 1].mean(axis=0), scores[t : t + 2].mean(axis=0)) for t in range(5, 59)
    ]
    assert cell.ic.daily[5:59] == pytest.approx(by_day)
    assert np.isnan(cell.ic.daily[:5]).all()
    assert np.isnan(cell.ic.daily[59])
    assert cell.ic.lag == 5


@pytest.mark.parametrize("shape", [(200, 3), (42, 8)])
def test_too_little_says_so(shape: tuple[int, int]) -> None:
    grid = momentum_grid(np.random.default_rng(2).normal(size=shape), m_most=2, n_most=2)
    wide = next(cell for cell in grid.cells if (cell.m, cell.n) == (2, 2))
    assert np.isnan(wide.ic.t)
    assert "40 needed" in wide.ic.reason


def test_the_published_window() -> None:
    scores = np.random.default_rng(3).normal(size=(30, 4))
    found = Momentum(5).predict(scores)
    sd = scores[-5:].std(axis=0)
    assert found.mean == pytest.approx(scores[-5:].mean(axis=0))
    assert found.sd == pytest.approx(np.maximum(sd, 0.25 * np.median(sd)))
    with pytest.raises(ConfigError, match="2 days"):
        Momentum(1)
