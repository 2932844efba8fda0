"""Same seed, same bytes: any number of threads, any split into batches, before and after a saved state."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from envs.pair.cases import random_actions
from quantrl.envs import PairConfig
from quantrl.envs.pair import PairBatch
from quantrl.errors import ConfigError, DataError, OrderError

CONFIG = PairConfig.books(episode_len=24, theta_low=(0.5, 0.5, 0, 1, 0.5), theta_high=(2, 2, 200, 1, 2))
FULL = PairConfig.books(episode_len=24, features="full", window=20, z="rolling", hedge="rolling")
N, STEPS = 256, 40
GOLDEN = "0f0fc23143848a3ae8ff24e68289207cf9bc303b751b9bddbb482c2a14275b34"


def digest(*batches: PairBatch) -> str:
    """sha256 over what 10,240 env-steps give."""
    found = hashlib.sha256()
    found.update(np.concatenate([each.reset() for each in batches]).tobytes())
    for k in range(STEPS):
        actions = np.array_split(random_actions((N,), seed=k), len(batches))
        steps = [each.step(a) for each, a in zip(batches, actions, strict=True)]
        for part in ("obs", "rewards", "terminated", "truncated", "last_obs", "totals"):
            found.update(np.concatenate([getattr(step, part) for step in steps]).tobytes())
    return found.hexdigest()


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_threads_do_not_matter(threads: int) -> None:
    assert digest(PairBatch(CONFIG, n_envs=N, seed=4, threads=threads)) == GOLDEN


def test_eight_parts_are_the_whole() -> None:
    assert digest(*(PairBatch(CONFIG, n_envs=32, seed=4, env_id0=32 * i) for i in range(8))) == GOLDEN


def test_full_features_do_not_depend_on_threads_either() -> None:
    parts = [PairBatch(FULL, n_envs=32, seed=4, env_id0=32 * i) for i in range(8)]
    assert digest(PairBatch(FULL, n_envs=N, seed=4, threads=8)) == digest(*parts)


def test_another_seed_is_another_run() -> None:
    assert digest(PairBatch(CONFIG, n_envs=N, seed=5)) != GOLDEN
    batch = PairBatch(CONFIG, n_envs=N, seed=5)
    batch.reset()
    first = batch.step(random_actions((N,))).obs.tobytes()
    batch.reset(seed=6)
    batch.reset(seed=5)
    assert batch.step(random_actions((N,))).obs.tobytes() == first


@pytest.mark.parametrize("config", [CONFIG, FULL, CONFIG.replace(reward="differential_sharpe")])
def test_a_saved_state_goes_on_as_if_nothing_had_happened(config: PairConfig) -> None:
    first, second = PairBatch(config, n_envs=8, seed=4), PairBatch(config, n_envs=8, seed=9)
    first.reset(), second.reset()
    first.core.stand_down(np.array([1, 0] * 4, dtype=np.uint8))
    for k in range(30):
        first.step(random_actions((8,), seed=k))
    second.core.load_state_bytes(first.core.state_bytes())
    for k in range(60):
        a, b = (each.step(random_actions((8,), seed=100 + k)) for each in (first, second))
        assert a.obs.tobytes() == b.obs.tobytes()
        assert a.rewards.tobytes() == b.rewards.tobytes()
    assert first.core.state_bytes() == second.core.state_bytes()


def test_what_one_does_no_market_notices() -> None:
    quiet, busy = PairBatch(FULL, n_envs=8, seed=4), PairBatch(FULL, n_envs=8, seed=4)
    quiet.reset(), busy.reset()
    market = slice(0, quiet.layout.own.start)
    for k in range(60):
        actions = random_actions((8,), seed=k)
        a, b = quiet.step(actions), busy.step(np.where(np.arange(8) == 3, (actions + 1) % 3, actions))
        assert a.obs[:, market].tobytes() == b.obs[:, market].tobytes()
    others = [0, 1, 2, 4, 5, 6, 7]
    assert a.obs[others].tobytes() == b.obs[others].tobytes()


def test_a_foreign_state_is_refused_and_changes_nothing() -> None:
    own, other = PairBatch(CONFIG, n_envs=8), PairBatch(CONFIG.replace(cost=0.3), n_envs=8)
    own.reset(), other.reset()
    before = own.core.state_bytes()
    for bad, message in (
        (other.core.state_bytes(), "configuration"),
        (before[:-8], "number of environments"),
        (b"QPP1" + before[4:], "format"),
        (before[:10], "format"),
        (before[:44] + b"\xff" * (len(before) - 44), "out of range"),
    ):
        with pytest.raises(DataError, match=message):
            own.core.load_state_bytes(bad)
    assert own.core.state_bytes() == before


def test_a_bad_action_is_refused_and_changes_nothing() -> None:
    own = PairBatch(CONFIG, n_envs=8)
    own.reset()
    before = own.core.state_bytes()
    for value in (3, -1, 2**40, 2**32 + 1):
        actions = np.ones(8, dtype=np.int64)
        actions[5] = value
        with pytest.raises(OrderError, match="environment 5: action: expected 0 to 2"):
            own.step(actions)
    with pytest.raises(OrderError, match="expected 8 whole numbers"):
        own.step(np.ones(8))
    with pytest.raises(OrderError, match="expected 8 whole numbers"):
        own.step(np.ones(7, dtype=np.int32))
    theta = np.tile([1.0, 1.0, 0.0, 1.0, 1.0], (8, 1))
    theta[2, 4] = np.nan
    with pytest.raises(ConfigError, match=r"environment 2: theta.vol_mult"):
        own.core.set_theta(theta)
    with pytest.raises(DataError, match=r"theta: expected shape \(8, 5\)"):
        own.core.set_theta(np.ones((8, 4)))
    with pytest.raises(DataError, match="env: expected 0 to 7"):
        own.core.fork(8, 1)
    assert own.core.state_bytes() == before


def test_outputs_must_be_writable_and_apart() -> None:
    own = PairBatch(CONFIG, n_envs=2)
    own.reset()
    a, actions = own._sets[0], np.ones(2, dtype=np.int32)

    def step(obs: np.ndarray, last_obs: np.ndarray) -> None:
        own.core.step_into(actions, obs, a.rewards, a.terminated, a.truncated, a.indices, last_obs, a.totals)

    with pytest.raises(DataError, match="fin_obs"):
        step(a.obs, a.obs)
    with pytest.raises(DataError, match="obs: expected a C-contiguous"):
        step(np.asfortranarray(a.obs), a.last_obs)
    locked = a.obs.copy()
    locked.flags.writeable = False
    with pytest.raises(DataError, match="obs: expected a writable"):
        step(locked, a.last_obs)
