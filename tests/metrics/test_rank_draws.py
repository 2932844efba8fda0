from __future__ import annotations

import numpy as np
import pytest

from quantrl import _core
from quantrl.errors import ConfigError, DataError
from quantrl.rng import CHANNELS


def normals(seed: int, stream: int, draws: int, agents: int) -> np.ndarray:
    """The normals by address: draw d of agent i is word i of (key, counter draw d)."""
    words = [
        [
            w
            for block in range(-(-agents // 4))
            for w in _core.philox_block(seed, stream, (block, d, CHANNELS["posterior"], 0))
        ]
        for d in range(draws)
    ]
    uniform = ((np.array(words, dtype=np.uint64) >> np.uint64(11)).astype(float) + 0.5) / 2**53
    return _core.normal_quantile(uniform[:, :agents].ravel()).reshape(draws, agents)


def test_equals_sorting_every_draw(rng: np.random.Generator) -> None:
    mean, sd = rng.normal(0, 0.05, 11), rng.uniform(0.0, 0.05, 11)
    mean[[2, 7]] = np.nan
    known = np.flatnonzero(~np.isnan(mean))
    drawn = mean[known] + sd[known] * normals(9, 2, 300, 11)[:, known]
    places = np.argsort(np.argsort(-drawn, axis=1, kind="stable"), axis=1) + 1
    ranks = _core.RankDraws(9, 2, 300, 11)
    for k in (0, 1, 4, 9, 30):
        expected = np.zeros(11)
        expected[known] = (places <= k).mean(axis=0)
        np.testing.assert_allclose(ranks.top_k(mean, sd, k), expected, atol=1e-15)
    for found, q in zip(ranks.positions(mean, sd), (0.05, 0.5, 0.95), strict=True):
        assert np.isnan(found[[2, 7]]).all()
        np.testing.assert_array_equal(found[known], np.quantile(places, q, axis=0, method="inverted_cdf"))


def test_ties_go_to_the_lower_index() -> None:
    ranks = _core.RankDraws(0, 0, 50, 4)
    np.testing.assert_array_equal(ranks.top_k(np.ones(4), np.zeros(4), 2), [1, 1, 0, 0])
    np.testing.assert_array_equal(ranks.positions(np.ones(4), np.zeros(4))[1], [1, 2, 3, 4])


def test_all_unknown() -> None:
    ranks = _core.RankDraws(0, 0, 50, 3)
    nothing = np.full(3, np.nan)
    np.testing.assert_array_equal(ranks.top_k(nothing, nothing, 2), np.zeros(3))
    assert np.isnan(ranks.positions(nothing, nothing)).all()


def test_bad_input() -> None:
    ranks = _core.RankDraws(0, 0, 50, 3)
    with pytest.raises(DataError, match="mean: expected 3 values, got 2"):
        ranks.top_k(np.zeros(2), np.zeros(3), 1)
    with pytest.raises(DataError, match="row 1"):
        ranks.top_k(np.zeros(3), np.array([0.0, -1.0, 0.0]), 1)
    with pytest.raises(ConfigError, match="draws, n_agents"):
        _core.RankDraws(0, 0, 0, 3)


def test_cusum_climbs_on_losses_only() -> None:
    sums = _core.cusum_step(np.array([0.0, 1.0, 1.0, 9.0]), np.array([0.01, -0.02, -1.0, 0.03]), 0.01)
    np.testing.assert_allclose(sums, [0.0, 3.0, 5.0, 6.0])
    with pytest.raises(ConfigError, match="sigma"):
        _core.cusum_step(np.zeros(1), np.zeros(1), 0.0)
    with pytest.raises(DataError, match="x: expected 2 values"):
        _core.cusum_step(np.zeros(2), np.zeros(1), 1.0)
