from __future__ import annotations

import itertools

import numpy as np
import pytest

from quantrl import metrics
from quantrl.errors import ConfigError, DataError
from reference.cscv import cscv


@pytest.mark.parametrize(("n", "k", "blocks"), [(500, 12, 8), (203, 5, 8), (64, 2, 2), (131, 9, 10)])
def test_equals_gathering_every_half(n: int, k: int, blocks: int, rng: np.random.Generator) -> None:
    returns = rng.standard_t(4, size=(n, k)) * 0.01 + rng.normal(0, 5e-4, k)
    found, expected = metrics.pbo(returns, blocks=blocks), cscv(returns, blocks)
    order = np.argsort(found.inside), np.argsort(expected["inside"])
    for name in ("logits", "inside", "outside"):
        np.testing.assert_allclose(getattr(found, name)[order[0]], expected[name][order[1]], atol=1e-12)
    assert found.left_out == 0
    assert found.probability == np.mean(expected["logits"] <= 1e-12)
    assert found.loss == np.mean(expected["outside"] < 0)
    slope = np.polyfit(expected["inside"], expected["outside"], 1)[0]
    assert found.slope == pytest.approx(slope, rel=1e-9)


def test_rounding_does_not_pile_up_over_all_halves_of_sixteen(rng: np.random.Generator) -> None:
    returns = rng.normal(0.5, 1e-4, size=(160, 3))
    found, expected = metrics.pbo(returns), cscv(returns, 16)
    assert len(found.logits) == 12_870
    np.testing.assert_allclose(np.sort(found.inside), np.sort(expected["inside"]), rtol=1e-9)
    assert found.probability == np.mean(expected["logits"] <= 1e-12)


def test_noise_is_overfitted_and_skill_is_not(rng: np.random.Generator) -> None:
    noise = rng.normal(0, 0.01, size=(1600, 20))
    assert metrics.pbo(noise).probability > 0.3
    skilled = noise.copy()
    skilled[:, 3] += 0.003
    found = metrics.pbo(skilled)
    assert (found.probability, found.loss) == (0.0, 0.0)


def test_idle_stretches_are_left_out_and_counted(rng: np.random.Generator) -> None:
    returns = rng.normal(0, 0.01, size=(80, 3))
    returns[:40, 1] = 0.0
    found = metrics.pbo(returns, blocks=4)
    assert (found.left_out, len(found.logits)) == (2, 4)
    returns[:, 1] = 0.0
    found = metrics.pbo(returns, blocks=4)
    assert found.left_out == 6
    assert np.isnan([found.probability, found.slope, found.loss]).all()


def test_bad_input(rng: np.random.Generator) -> None:
    returns = rng.normal(size=(100, 3))
    for blocks in (0, 3, 20):
        with pytest.raises(ConfigError, match=f"blocks: expected an even number from 2 to 18, got {blocks}"):
            metrics.pbo(returns, blocks=blocks)
    with pytest.raises(DataError, match="2 to 100000 columns, got 1"):
        metrics.pbo(returns[:, 0])
    with pytest.raises(DataError, match="at least 32 periods for 16 blocks, got 31"):
        metrics.pbo(returns[:31])
    returns[7, 2] = np.inf
    with pytest.raises(DataError, match="row 7, column 2 is inf"):
        metrics.pbo(returns)


def test_sums_by_block_are_enough(rng: np.random.Generator) -> None:
    returns = rng.normal(2e-4, 0.01, (300, 5))
    returns[:150, 3] = 0.0  # in cash for half of the blocks
    edges = np.arange(9) * 300 // 8
    parts = [returns[a:b] for a, b in itertools.pairwise(edges)]
    sums = np.stack([np.stack([part.sum(axis=0), (part**2).sum(axis=0)]) for part in parts])
    made = metrics.pbo_of_sums(np.diff(edges), sums.transpose(2, 0, 1).reshape(5, -1))
    expected = metrics.pbo(returns, blocks=8)
    assert (made.probability, made.left_out) == (expected.probability, expected.left_out)
    assert made.left_out > 0
    np.testing.assert_allclose(made.outside, expected.outside, rtol=0, atol=1e-13)
    with pytest.raises(DataError, match="sums: expected two numbers for each of 8 blocks"):
        metrics.pbo_of_sums(np.diff(edges), sums.transpose(2, 0, 1).reshape(5, -1)[:, :-2])
    with pytest.raises(ConfigError, match="blocks: expected an even number"):
        metrics.pbo_of_sums([100, 100, 100], np.ones((5, 6)))
    with pytest.raises(DataError, match="row 1, column 0 is NaN"):
        metrics.pbo_of_sums([150, 150], np.array([[0.1] * 4, [np.nan] * 4]))
