"""Same seed, same bytes: any number of threads, any split into batches, before and after a saved state."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from envs.markets import random_actions, random_panel
from quantrl.envs import Market, PortfolioConfig
from quantrl.envs._batch import Batch, Segment
from quantrl.errors import DataError, OrderError

CONFIG = PortfolioConfig(window=10, episode_len=12, decision_every=2)
MARKET = Market.of(random_panel(), CONFIG)
N, STEPS = 1024, 10
GOLDEN = "f1fcdc63558de1a9b316478156dd7c4e341ebc75231b89c00d865f6c601504b2"


def batch(n=N, *, threads=1, env_id0=0, seed=4, config=CONFIG):
    return Batch(
        MARKET, config, n_envs=n, seed=seed, segment=Segment(0, 600), threads=threads, env_id0=env_id0
    )


def digest(*batches):
    """sha256 over what 10,240 env-steps give."""
    found = hashlib.sha256()
    found.update(np.concatenate([each.reset() for each in batches]).tobytes())
    for k in range(STEPS):
        actions = np.array_split(random_actions((N, 5), seed=k), len(batches))
        steps = [each.step(a) for each, a in zip(batches, actions, strict=True)]
        for part in ("obs", "rewards", "terminated", "truncated", "last_obs", "totals"):
            found.update(np.concatenate([getattr(step, part) for step in steps]).tobytes())
    return found.hexdigest()


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_threads_do_not_matter(threads):
    big = PortfolioConfig(window=10, episode_len=12, decision_every=2)
    assert digest(batch(threads=threads, config=big)) == GOLDEN


def test_two_halves_are_the_whole():
    assert digest(batch(N // 2), batch(N // 2, env_id0=N // 2)) == GOLDEN


def test_another_seed_is_another_run():
    assert digest(batch(seed=5)) != GOLDEN


def test_a_saved_state_goes_on_as_if_nothing_had_happened():
    first, second = batch(), batch(seed=9)
    first.reset(), second.reset()
    for k in range(7):
        first.step(random_actions((N, 5), seed=k))
    second.core.load_state_bytes(first.core.state_bytes())
    for k in range(30):
        a, b = (each.step(random_actions((N, 5), seed=100 + k)) for each in (first, second))
        assert a.obs.tobytes() == b.obs.tobytes()
        assert a.rewards.tobytes() == b.rewards.tobytes()
    assert first.core.state_bytes() == second.core.state_bytes()


def test_a_foreign_state_is_refused_and_changes_nothing():
    own, other = batch(8), batch(8, config=CONFIG.replace(cost_bps=10.0))
    own.reset(), other.reset()
    before = own.core.state_bytes()
    with pytest.raises(DataError, match="market or configuration"):
        own.core.load_state_bytes(other.core.state_bytes())
    with pytest.raises(DataError, match="number of environments"):
        own.core.load_state_bytes(before[:-8])
    with pytest.raises(DataError, match="format"):
        own.core.load_state_bytes(b"QPB2" + before[4:])
    assert own.core.state_bytes() == before


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_bad_action_is_refused_and_changes_nothing(bad):
    own = batch(8)
    own.reset()
    before = own.core.state_bytes()
    actions = random_actions((8, 5))
    actions[3, 2] = bad
    with pytest.raises(OrderError, match="environment 3: action 2"):
        own.step(actions)
    with pytest.raises(OrderError, match=r"shape \(8, 5\)"):
        own.step(actions[:, :4])
    assert own.core.state_bytes() == before


def test_identity_refuses_what_is_no_portfolio():
    own = batch(2, config=CONFIG.replace(action_map="identity"))
    own.reset()
    with pytest.raises(OrderError, match="environment 1: weights: expected a sum of 1"):
        own.step(np.array([[1, 0, 0, 0, 0], [0.5, 0, 0, 0, 0]]))
    with pytest.raises(OrderError, match="environment 0: weight 1"):
        own.step(np.array([[1.1, -0.1, 0, 0, 0], [1, 0, 0, 0, 0]]))


def test_outputs_must_be_writable_and_apart():
    own = batch(2)
    own.reset()
    arrays = own._sets[0]
    actions = random_actions((2, 5))

    def step(obs, last_obs):
        own.core.step_into(
            actions,
            obs,
            arrays.rewards,
            arrays.terminated,
            arrays.truncated,
            arrays.indices,
            last_obs,
            arrays.totals,
        )

    with pytest.raises(DataError, match="fin_obs"):
        step(arrays.obs, arrays.obs)
    with pytest.raises(DataError, match="obs: expected a C-contiguous"):
        step(np.asfortranarray(arrays.obs), arrays.last_obs)
    locked = arrays.obs.copy()
    locked.flags.writeable = False
    with pytest.raises(DataError, match="obs: expected a writable"):
        step(locked, arrays.last_obs)


def test_too_short_a_segment_says_what_is_needed():
    with pytest.raises(DataError, match=r"expected at least 36 rows .* got 30"):
        Batch(MARKET, CONFIG, n_envs=1, seed=0, segment=Segment(0, 30))
