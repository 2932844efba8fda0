"""Tests for superiority against arch and against a plain step-down in Python."""

from __future__ import annotations

import math

import numpy as np
import pytest
from arch.bootstrap import SPA

from quantrl import _core
from quantrl.errors import ConfigError, DataError
from quantrl.metrics import log_evidence, superiority

T, K = 300, 12


def returns(seed: int, best: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    made = rng.standard_t(4, (T, K)) * np.exp(rng.uniform(-1, 1, K)) * 0.01
    made[:, 3] += best * made[:, 3].std()
    return made


@pytest.mark.parametrize("best", [0.0, 0.1, 0.15])
@pytest.mark.parametrize("seed", [1, 2])
def test_p_values_are_those_of_arch(seed: int, best: float) -> None:
    x = returns(seed, best)
    # arch takes losses, and does not studentise whatever it is told: columns are divided by their deviation first.
    theirs = SPA(np.zeros(T), -x / x.std(axis=0), block_size=10, reps=2000, bootstrap="stationary", seed=1)
    theirs.compute()
    mine = superiority(x, draws=2000)
    assert mine.spa == pytest.approx(float(theirs.pvalues["consistent"]), abs=0.03)
    assert mine.white == pytest.approx(float(theirs.pvalues["upper"]), abs=0.03)


def test_long_run_deviations_are_those_of_arch() -> None:
    rng = np.random.default_rng(3)
    shocks = rng.standard_normal((T + 1, 5)) * 0.01
    x = shocks[1:] + 0.4 * shocks[:-1]
    theirs = SPA(np.zeros(T), -x, block_size=10, reps=10, bootstrap="stationary", studentize=True, seed=1)
    theirs.compute()
    ratio = np.sqrt(T) * x.mean(axis=0) / np.sqrt(theirs._loss_diff_var)
    mine = superiority(x, draws=200, scale="long_run")
    np.testing.assert_allclose(mine.ratios, ratio, rtol=1e-9)
    assert (np.abs(mine.ratios) < np.abs(superiority(x, draws=200).ratios)).all()


def plain_step_down(x: np.ndarray, draws: int) -> set[int]:
    """Romano and Wolf: drop whatever exceeds the critical value of the live columns, until nothing does."""
    centred, sd, ratio = x - x.mean(axis=0), x.std(axis=0), x.mean(axis=0) / x.std(axis=0) * np.sqrt(T)
    found = np.empty((draws, K))
    for b in range(draws):
        starts, lengths = _core.bootstrap_blocks(T, 10.0, 0, 0, b)
        rows = np.concatenate([(s + np.arange(n)) % T for s, n in zip(starts, lengths, strict=True)])
        found[b] = centred[rows].mean(axis=0) / sd * np.sqrt(T)
    live, named = set(range(K)), set()
    while live:
        most = found[:, sorted(live)].max(axis=1)
        out = {j for j in live if (1 + (most >= ratio[j]).sum()) / (1 + draws) <= 0.05}
        if not out:
            break
        named, live = named | out, live - out
    return named


def test_names_are_those_of_the_plain_step_down() -> None:
    for seed in range(4):
        x = returns(seed, 0.2)
        x[:, 7] += 0.25 * x[:, 7].std()
        assert set(superiority(x, draws=300).named().tolist()) == plain_step_down(x, 300)


def test_all_superior_are_all_named() -> None:
    x = returns(1)
    x += 0.5 * x.std(axis=0)
    assert superiority(x, draws=300).named().tolist() == list(range(K))


def test_a_calm_agent_is_found_among_wild_ones() -> None:
    hits = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x = rng.standard_normal((504, 20)) * 0.4 / np.sqrt(252)
        x[:, 0] = (rng.standard_normal(504) + 3 / np.sqrt(252)) * 0.05 / np.sqrt(252)
        hits += 0 in superiority(x, draws=300).named()
    assert hits >= 17


def test_a_series_that_does_not_vary_is_left_out() -> None:
    x = returns(1)
    x[:, 2] = 0.001
    found = superiority(x, draws=99)
    assert math.isnan(found.ratios[2])
    assert math.isnan(found.adjusted[2])
    assert not math.isnan(found.spa)


def test_what_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least 63 periods, got 62"):
        superiority(np.zeros((62, 2)))
    with pytest.raises(ConfigError, match="scale: expected sd or long_run"):
        superiority(np.zeros((63, 2)), scale="hansen")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="draws"):
        superiority(np.zeros((63, 2)), draws=0)
    spoilt = np.zeros((63, 2))
    spoilt[5, 1] = np.inf
    with pytest.raises(DataError, match="row 5, column 1"):
        superiority(spoilt)


def plain_evidence(r: np.ndarray) -> float:
    log_e = most = 0.0
    for t in range(21, len(r)):
        sd = np.sqrt(np.mean(r[:t] ** 2))
        x = np.clip(r[t] / (4 * sd), -5, 1)
        if x == -5:
            return -math.inf
        log_e += np.log1p(np.clip(2 * r[:t].mean() / sd, 0, 0.19) * x)
        most = max(most, log_e)
    return most


def test_evidence_by_its_definition() -> None:
    for seed in range(6):
        r = returns(seed, 0.2)[:, 3]
        assert log_evidence(r) == pytest.approx(plain_evidence(r), abs=1e-9)
    r[200] = -1.0
    assert log_evidence(r) == -math.inf
