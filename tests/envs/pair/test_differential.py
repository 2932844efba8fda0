"""The batch against the scalar oracle: worlds, observations, latencies, shallow books, limits and theta."""

from __future__ import annotations

import numpy as np
import pytest

from counts import full_or
from envs.pair.cases import random_actions
from envs.pair.stepped import stepped_alike
from quantrl.envs import PairConfig
from quantrl.envs.pair import PairBatch
from reference.pair_env import ReferenceEnv

CASES = {
    "ou": PairConfig.ou(episode_len=40),
    "books": PairConfig.books(episode_len=40, actions="A5"),
    "free": PairConfig.books(cost=0.0, episode_len=30),
    "late": PairConfig.books(
        episode_len=50, theta_low=(1, 1, 300, 1, 1), theta_high=(1, 1, 600, 1, 1), slip_ticks=20
    ),
    "shallow": PairConfig.books(episode_len=25, depth=0.1, slip_ticks=3, actions="A5"),
    "ruin": PairConfig.books(episode_len=60, ruin=1.0, loss_limit=0.6),
    "sharpe": PairConfig.books(
        episode_len=30,
        reward="differential_sharpe",
        theta_in_obs=True,
        theta_low=(0.5, 0.5, 0, 0.5, 0.5),
        theta_high=(2, 2, 200, 1, 2),
    ),
    "averse": PairConfig.ou(episode_len=33, risk_aversion=0.5, kappa_dt=0, step_sd=0.2, actions="A5"),
    "full": PairConfig.books(features="full", window=16, episode_len=40),
    "rolling": PairConfig.books(features="full", window=24, z="rolling", hedge="rolling", episode_len=40),
    "full_ou": PairConfig.ou(features="full", window=20, episode_len=40),
    "kalman": PairConfig.books(features="full", window=20, z="rolling", hedge="kalman", episode_len=40),
    "sessions": PairConfig.books(objective="cvar", stock=(-3.0, 4.5), stock_unit=2.0, episode_len=30),
    "late sessions": PairConfig.books(
        objective="cvar",
        episode_len=20,
        theta_low=(1, 1, 300, 1, 1),
        theta_high=(1, 1, 600, 1, 1),
        actions="A5",
        slip_ticks=1,
        theta_in_obs=True,
    ),
    "rolling_core": PairConfig.books(z="rolling", hedge="rolling", window=18, episode_len=40),
}
STEPS, N = full_or(2_500, 80), 4


@pytest.mark.parametrize("mode", ["train", "evaluate"])
@pytest.mark.parametrize("name", CASES)
def test_equal_to_the_reference(name: str, mode: str) -> None:
    config = CASES[name]
    batch = PairBatch(config, n_envs=N, seed=11, env_id0=5, mode=mode)
    oracles = [ReferenceEnv(config, 11, 5 + i, evaluation=mode == "evaluate") for i in range(N)]
    obs = batch.reset()
    for i, oracle in enumerate(oracles):
        np.testing.assert_allclose(obs[i], oracle.reset(), atol=1e-5, rtol=0)
    actions = random_actions((STEPS, N), config.n_actions)
    # Held for a while, so that positions age and limits are met.
    actions[1::3], actions[2::3] = actions[0::3][: len(actions[1::3])], actions[0::3][: len(actions[2::3])]
    ended = sum(len(stepped_alike(batch, oracles, row)) for row in actions)
    assert ended > 0


@pytest.mark.parametrize("name", ["ou", "books", "late", "shallow", "ruin", "sharpe"])
def test_counterfactual_rewards_are_those_of_forks(name: str) -> None:
    config = CASES[name].replace(counterfactual=True)
    batch = PairBatch(config, n_envs=3, seed=2)
    batch.reset()
    own = batch.layout.own
    for row in random_actions((60, 3), config.n_actions):
        forks = [batch.core.fork(i, config.n_actions) for i in range(3)]
        step = batch.step(row)
        assert step.all_rewards is not None
        assert step.all_own is not None
        alike = PairBatch(config, n_envs=config.n_actions)
        for i, fork in enumerate(forks):
            alike.core = fork
            other = alike.step(np.arange(config.n_actions))
            assert other.rewards.tobytes() == step.all_rewards[i].tobytes()
            shown = other.obs[:, own].copy()
            shown[other.indices] = other.last_obs[:, own]
            np.testing.assert_array_equal(shown, step.all_own[i])
            assert step.all_rewards[i, row[i]] == step.rewards[i]
