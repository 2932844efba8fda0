"""The rolling hedge ratio against statsmodels' `RollingOLS`, the filtered one against matrices of NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from counts import full_or
from quantrl.envs import PairConfig
from quantrl.envs.pair import PairBatch
from quantrl.envs.pair.recorded import facts_of
from quantrl.errors import ConfigError
from reference.pair_env import ReferenceEnv

ols = pytest.importorskip("statsmodels.regression.rolling")

WINDOW, STEPS = 24, full_or(5_000, 300)
CONFIG = PairConfig.books(features="full", window=WINDOW, z="rolling", hedge="rolling", episode_len=40)


def rolling(mids: np.ndarray) -> np.ndarray:
    """(T, 2) alpha and beta of the last `WINDOW` rows at every row, by statsmodels; the first rows are NaN.

    It solves the normal equations as they stand, which leaves 4 to 5 digits of levels near 12 that move by 1e-4; so it gets
    distances from the first row, and alpha is shifted back.
    """
    first, second = mids[0]
    moved = mids - mids[0]
    design = np.column_stack([np.ones(len(mids)), moved[:, 1]])
    with np.errstate(all="ignore"):
        alpha, beta = np.asarray(ols.RollingOLS(moved[:, 0], design, window=WINDOW).fit().params).T
        return np.column_stack([alpha + first - beta * second, beta])


def test_batch_and_oracle_equal_statsmodels() -> None:
    """The engine's alpha and beta lie side by side in its snapshot, where the values of statsmodels are looked for."""
    batch = PairBatch(CONFIG, n_envs=1, seed=11, env_id0=5)
    oracle = ReferenceEnv(CONFIG, 11, 5)
    batch.reset()
    oracle.reset()
    actions = np.random.default_rng(0).integers(0, 3, STEPS)
    snapshots, fitted = {}, {}
    for action in actions:
        batch.step(np.array([action]))
        if oracle.step(int(action))[2:] != (False, False):
            oracle.reset()
        row = len(oracle.windows.mids) - 1
        fitted[row] = (oracle.windows.alpha, oracle.windows.beta)
        snapshots[row] = batch.core.state_bytes()
    expected = rolling(np.array(oracle.windows.mids))
    rows = list(fitted)
    np.testing.assert_allclose(expected[rows], [fitted[row] for row in rows], rtol=0, atol=1e-9)
    for row in rows[:: max(1, len(rows) // 100)]:
        assert held_in(snapshots[row], expected[row]) < 1e-9
    assert held_in(snapshots[rows[0]], expected[rows[-1]]) > 1e-6


def test_a_filtered_ratio_is_the_filter_of_numpy() -> None:
    """alpha and beta of the engine after every decision, by the textbook: predict, x by what was known, update."""
    config = CONFIG.replace(hedge="kalman", wander=(1e-11, 3e-12), noise=5e-6)
    batch = PairBatch(config, n_envs=1, seed=11, env_id0=5)
    oracle = ReferenceEnv(config, 11, 5)
    batch.reset()
    oracle.reset()
    snapshots, fitted = {}, {}
    for action in np.random.default_rng(0).integers(0, 3, STEPS):
        batch.step(np.array([action]))
        if oracle.step(int(action))[2:] != (False, False):
            oracle.reset()
        row = len(oracle.windows.mids) - 1
        fitted[row] = np.array([oracle.windows.alpha, oracle.windows.beta])
        snapshots[row] = batch.core.state_bytes()
    by_hand = filtered(np.array(oracle.windows.mids), config)
    rows = list(fitted)
    np.testing.assert_allclose([fitted[row] for row in rows], by_hand[rows], rtol=0, atol=1e-10)
    assert np.abs(by_hand - by_hand[0]).max() > 1e-5
    for row in rows[:: max(1, len(rows) // 100)]:
        assert held_in(snapshots[row], by_hand[row]) < 1e-10
    # What x was made with is what was known before the row, never after it.
    y, u = np.array(oracle.windows.mids).T
    before = np.vstack([[config.alpha, config.beta], by_hand[:-1]])
    np.testing.assert_allclose(oracle.windows.spread, y - before[:, 0] - before[:, 1] * u, rtol=0, atol=1e-10)


def filtered(mids: np.ndarray, config: PairConfig) -> np.ndarray:
    """(T, 2) alpha and beta after every row, in Joseph's form of the update."""
    *q, r = config.variances
    state, p = np.array([config.alpha, config.beta]), WINDOW * np.diag(q)
    found = []
    for y, u in mids:
        p = p + np.diag(q)
        h = np.array([[1.0, u]])
        gain = p @ h.T / (h @ p @ h.T + r)
        state = state + gain[:, 0] * (y - h[0] @ state)
        rest = np.eye(2) - gain @ h
        p = rest @ p @ rest.T + r * gain @ gain.T
        found.append(state)
    return np.array(found)


def test_an_intercept_that_follows_the_spread_is_refused() -> None:
    most = CONFIG.most_wander
    assert most == pytest.approx(1e-3 * CONFIG.kappa_dt * CONFIG.s**2)
    CONFIG.replace(hedge="kalman", wander=(most, 0.0))
    with pytest.raises(ConfigError, match=r"wander of alpha must not exceed 8e-11"):
        CONFIG.replace(hedge="kalman", wander=(1.001 * most, 0.0))
    with pytest.raises(ConfigError, match="wander and noise go with hedge='kalman'"):
        CONFIG.replace(wander=(0.0, 0.0))
    with pytest.raises(ConfigError, match="hedge='kalman' needs books"):
        PairConfig.ou(hedge="kalman")


def test_a_pair_file_says_how_its_ratio_wanders() -> None:
    facts = {"alpha": 0.0, "beta": 1.0, "kappa": 0.01, "s": 1e-3}
    found = facts_of({**facts, "kalman": {"q_alpha": 1e-13, "q_beta": 2e-14, "noise": 3e-6}})
    assert (found.wander, found.noise) == ((1e-13, 2e-14), 3e-6)
    assert facts_of(facts).wander is None
    with pytest.raises(ConfigError, match=r"pair.kalman.q_beta: expected a finite number, got None"):
        facts_of({**facts, "kalman": {"q_alpha": 1e-13}})
    with pytest.raises(ConfigError, match=r"pair.kalman: expected q_alpha"):
        facts_of({**facts, "kalman": 1.0})


def held_in(state: bytes, values: np.ndarray) -> float:
    """Largest error of the neighbouring pair of float64 words of `state`, at any offset, that is nearest to `values`."""
    nearest = np.inf
    for offset in range(8):
        words = np.frombuffer(state[offset : offset + 8 * ((len(state) - offset) // 8)], dtype="<f8")
        words = np.where(np.isfinite(words) & (np.abs(words) < 1e6), words, 1e6)
        errors = np.abs(np.column_stack([words[:-1], words[1:]]) - values).max(axis=1)
        nearest = min(nearest, float(errors.min()))
    return nearest
