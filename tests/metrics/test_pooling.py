from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from quantrl import _core, metrics
from quantrl.errors import ConfigError, DataError
from quantrl.rng import CHANNELS


def resampled(
    groups: list[np.ndarray], seed: int, stream: int, replicate: int, side: int
) -> list[np.ndarray]:
    """The draws by address: value i of stratum s is word i of (key, counter draw 1 + 2 s + side)."""
    made = []
    for s, group in enumerate(groups):
        counters = [
            (b, 1 + 2 * s + side, CHANNELS["bootstrap"], replicate) for b in range(-(-len(group) // 4))
        ]
        words = [w for counter in counters for w in _core.philox_block(seed, stream, counter)]
        made.append(group[[(w * len(group)) >> 64 for w in words[: len(group)]]])
    return made


def plain_iqm(values: np.ndarray) -> float:
    cut = len(values) // 4
    return float(np.sort(values)[cut : len(values) - cut].mean())


def test_iqm_by_hand() -> None:
    assert metrics.iqm([7.0, 0, 1, 2, 3, 4, 50]).value == pytest.approx(3.4)
    assert metrics.iqm([3.0]) == metrics.Pooled(3.0, 3.0, 3.0, 0.95, 5000, 0)
    assert metrics.iqm([9.0, 1.0, 2.0]).value == 4.0


def test_iqm_interval_equals_gathered_replicates(rng: np.random.Generator) -> None:
    folds = np.array(["b", "a", "b", "c", "a", "b", "b", "a", "c", "b"])
    values = rng.normal(size=10)
    groups = [values[folds == name] for name in "abc"]
    made = [plain_iqm(np.concatenate(resampled(groups, 4, 7, r, 0))) for r in range(300)]
    found = metrics.iqm(values, folds, draws=300, seed=4, stream=7, level=0.9)
    assert found.value == pytest.approx(plain_iqm(values), rel=1e-14)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(made, [0.05, 0.95])), rel=1e-12)


def test_strata_take_out_what_differs_between_folds(rng: np.random.Generator) -> None:
    folds = np.repeat(np.arange(8), 10)
    values = folds * 5.0 + rng.normal(size=80)
    apart, together = metrics.iqm(values, folds), metrics.iqm(values)
    assert apart.low < apart.value < apart.high
    assert apart.high - apart.low < 0.3 * (together.high - together.low)


def test_intervals_cover_as_promised() -> None:
    rng = np.random.default_rng(3)
    folds = np.repeat(np.arange(4), 10)
    hits = 0
    for _ in range(200):
        found = metrics.iqm(rng.normal(size=40), folds, draws=400, level=0.9)
        hits += found.low < 0.0 < found.high
    assert 0.8 <= hits / 200 <= 0.96


def test_improvement_equals_all_pairs(rng: np.random.Generator) -> None:
    ours, theirs = rng.integers(0, 5, 12) * 1.0, rng.integers(0, 5, 9) * 1.0
    folds, other_folds = np.repeat([3, 1], 6), np.repeat([1, 3, 1], 3)

    def share(x: list[np.ndarray], y: list[np.ndarray]) -> float:
        signs = [np.sign(a[:, None] - b[None, :]) for a, b in zip(x, y, strict=True)]
        return float(np.mean([(s.mean() + 1) / 2 for s in signs]))

    mine, other = ([v[f == k] for k in (1, 3)] for v, f in ((ours, folds), (theirs, other_folds)))
    made = [share(resampled(mine, 2, 0, r, 0), resampled(other, 2, 0, r, 1)) for r in range(200)]
    found = metrics.probability_of_improvement(ours, theirs, folds, other_folds, draws=200, seed=2)
    assert found.value == pytest.approx(share(mine, other), rel=1e-14)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(made, [0.025, 0.975])), rel=1e-12)


def test_improvement_over_a_method_without_chance() -> None:
    folds = np.repeat([0, 1], 4)
    found = metrics.probability_of_improvement([1.0, 2, 3, 4, 1, 1, 1, 1], [2.5, 0.5], folds, [0, 1])
    assert found.value == 0.75
    assert found.high > 0.75 > found.low >= 0.5


def test_equal_bits_in_another_process(rng: np.random.Generator) -> None:
    script = (
        "import numpy as np; from quantrl import metrics;"
        "print(metrics.iqm(np.random.default_rng(20).normal(size=80), np.arange(80) // 10, seed=5))"
    )
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    here = metrics.iqm(rng.normal(size=80), np.arange(80) // 10, seed=5)
    assert other.stdout.strip() == repr(here)
    assert here != metrics.iqm(np.random.default_rng(20).normal(size=80), np.arange(80) // 10, seed=6)


def test_bad_input() -> None:
    with pytest.raises(DataError, match="values: expected at least one value, got none"):
        metrics.iqm([])
    with pytest.raises(DataError, match="values: expected finite numbers, row 1 is nan"):
        metrics.iqm([1.0, np.nan])
    with pytest.raises(DataError, match="strata: expected one int or str per value"):
        metrics.iqm([1.0, 2.0], [1])
    with pytest.raises(DataError, match="strata: expected one int or str per value"):
        metrics.iqm([1.0, 2.0], [0.5, 0.7])
    with pytest.raises(
        DataError, match="other_strata: expected the same strata on both sides, 1 is on one only"
    ):
        metrics.probability_of_improvement([1.0, 2.0], [1.0, 2.0], [0, 1], [0, 2])
    for wrong in ({"level": 1.0}, {"draws": 0}, {"draws": 10**9}):
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            metrics.iqm([1.0, 2.0], **wrong)
