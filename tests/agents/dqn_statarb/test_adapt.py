"""Drift: sums by hand, how long without and how soon after a change, and the three answers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from counts import FULL
from quantrl.agents.dqn_statarb import Drift, DriftWatch
from quantrl.envs import PairConfig
from quantrl.envs.pair import PairBatch
from quantrl.errors import ConfigError, DataError
from quantrl.rng import generator

KAPPA_DT, PATHS = 0.02, 400
PHI = math.exp(-KAPPA_DT)
STEP_SD = math.sqrt(1 - PHI * PHI)


def drifts(phi: float, shift: float, steps: int, seed: int) -> Iterator[Drift]:
    """Sums of `PATHS` spreads of s = 1 that were as in training and now revert by `phi` to `shift`."""
    random = generator(seed, 1, "check")
    x, drift = random.normal(size=PATHS), Drift.none(PATHS)
    for _ in range(steps):
        now = shift + phi * (x - shift) + STEP_SD * random.normal(size=PATHS)
        drift = drift.after(x, now, phi=PHI, s=1.0)
        x = now
        yield drift


def median_alarm(phi: float, shift: float, steps: int, seed: int) -> float:
    """Decisions until half of the paths have alarmed; infinite if they do not within `steps`."""
    alarmed = np.zeros(PATHS, dtype=bool)
    for k, drift in enumerate(drifts(phi, shift, steps, seed), 1):
        alarmed |= drift.score >= 1
        if 2 * alarmed.sum() >= PATHS:
            return k
    return math.inf


@pytest.mark.parametrize(
    ("phi", "shift", "latest"),
    [(PHI, 2.0, 450), (1.0, 0.0, 450), (math.exp(-KAPPA_DT / 4), 0.0, 800)],
    ids=["mean shifted by 2 s", "no reversion", "a quarter of the reversion"],
)
def test_a_change_is_noticed(phi: float, shift: float, latest: int) -> None:
    assert 50 < median_alarm(phi, shift, latest + 1, seed=3) <= latest


def test_nothing_is_noticed_where_nothing_changed() -> None:
    """The median run is at least 40,000 decisions; a short test looks at the share that alarmed by 8,000."""
    if FULL:
        assert median_alarm(PHI, 0.0, 40_000, seed=4) == math.inf
        return
    alarmed = np.zeros(PATHS, dtype=bool)
    for drift in drifts(PHI, 0.0, 8_000, seed=4):
        alarmed |= drift.score >= 1
    assert 0 < alarmed.mean() <= 1 - 0.5 ** (8 / 40)


def test_sums_by_hand() -> None:
    """phi = 0.6, s = 2: sigma_dt = 1.6. From 1 to 3.8, e = 2, g = 1; from 3.8 to -1, e = -2.05, g = -3.895."""
    first = Drift.none(1).after(np.array([1.0]), np.array([3.8]), phi=0.6, s=2.0)
    assert [first.up[0], first.down[0], first.reversion[0]] == pytest.approx([1.9, 0.0, 0.95])
    then = first.after(np.array([3.8]), np.array([-1.0]), phi=0.6, s=2.0)
    assert [then.up[0], then.down[0], then.reversion[0]] == pytest.approx([0.0, 1.95, 0.0])
    assert then.score[0] == pytest.approx(1.95 / 40)


def test_one_surprise_counts_at_most_six() -> None:
    far = Drift.none(1).after(np.array([5.0]), np.array([50.0]), phi=PHI, s=1.0)
    assert far.reversion[0] == pytest.approx(5.95)


def jump(watch: DriftWatch) -> None:
    """The first of two spreads moves 5 s away from its mean and stays."""
    for t in range(200):
        watch.push([watch.mean + (5.0 * watch.s if t > 10 else 0.0), watch.mean])


@pytest.mark.parametrize(
    ("answer", "flat", "due"),
    [("stand_down", True, True), ("retrain", False, True), ("ignore", False, False)],
)
def test_the_answers(answer: Any, flat: bool, due: bool) -> None:
    watch = DriftWatch(PHI, 2e-4, mean=0.01, n=2, answer=answer)
    jump(watch)
    assert watch.alarmed.tolist() == [True, False]
    assert watch.flat_only.tolist() == [flat, False]
    assert watch.due.tolist() == [due, False]
    watch.refit(watch.alarmed, phi=PHI, s=2e-4, mean=0.01 + 10e-4)
    watch.push([0.011, 0.01])
    assert not watch.alarmed.any()
    assert watch.drift.score[0] == 0.0


def test_an_alarm_stays_until_a_refit_and_a_refit_is_of_its_spread_alone() -> None:
    watch = DriftWatch(PHI, 1.0, n=2)
    jump(watch)
    other = watch.drift.down[1]
    for _ in range(500):
        watch.push([0.0, 0.0])
    assert watch.alarmed.tolist() == [True, False]
    watch.refit(np.array([True, False]), phi=0.5, s=1.0)
    assert watch.drift.down[1] == other
    assert not watch.alarmed.any()


def test_the_engine_lets_nothing_but_flat_through() -> None:
    """Where a watch stands down, an environment's masks leave one action: flat."""
    batch = PairBatch(PairConfig.ou(episode_len=40), n_envs=2, seed=1)
    batch.reset()
    watch = DriftWatch(PHI, 1.0, n=2)
    jump(watch)
    batch.core.stand_down(watch.flat_only.astype(np.uint8))
    batch.step(np.array([1, 1]))
    assert batch.core.action_masks().reshape(2, -1).tolist() == [[0, 1, 0], [1, 1, 1]]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"phi": 1.0}, "phi: expected a number inside"),
        ({"s": 0.0}, "s: expected a positive number"),
        ({"mean": math.inf}, "mean: expected a finite number"),
        ({"n": 0}, "n: expected at least 1"),
        ({"answer": "pray"}, "answer: expected one of stand_down, retrain, ignore, got 'pray'"),
    ],
)
def test_settings_out_of_range(words: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        DriftWatch(**{"phi": PHI, "s": 1.0, **words})


def test_bad_spreads_change_nothing() -> None:
    watch = DriftWatch(PHI, 1.0, n=2)
    watch.push([0.5, 0.1])
    before = watch.drift
    with pytest.raises(DataError, match="row 1: expected a finite spread, got nan"):
        watch.push([0.0, math.nan])
    with pytest.raises(DataError, match=r"expected \(2,\), got \(3,\)"):
        watch.push([0.0, 0.0, 0.0])
    with pytest.raises(DataError, match=r"which: expected \(2,\) bool"):
        watch.refit([1, 0], phi=PHI, s=1.0)
    assert watch.drift is before
