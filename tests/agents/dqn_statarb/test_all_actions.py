"""All targets of a transition: rows and next states are those of forks that took each action."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("sb3_contrib")

from quantrl.agents._training.loop import one_thread  # noqa: E402
from quantrl.agents.dqn_statarb import StatArbTrain  # noqa: E402
from quantrl.agents.dqn_statarb.algos import make_learner  # noqa: E402
from quantrl.agents.dqn_statarb.all_actions import AllActionSamples, all_targets  # noqa: E402
from quantrl.agents.dqn_statarb.train import ready  # noqa: E402
from quantrl.envs import PairConfig, make_vec_env  # noqa: E402
from quantrl.envs.pair import PairBatch  # noqa: E402
from quantrl.errors import ConfigError  # noqa: E402

TRAIN = StatArbTrain(
    algo="ddqn_all", steps=480, n_envs=8, batch=32, buffer=480, learning_starts=10**6, net=(8,), jobs=1
)


@pytest.mark.parametrize("pair", [PairConfig.ou(cost=0.2, episode_len=20), PairConfig.books(episode_len=20)])
def test_rows_are_what_forks_meet(pair: PairConfig) -> None:
    """At every step each environment is copied A times and the copies take one action each."""
    with one_thread():
        env = make_vec_env(ready(pair, TRAIN), n_envs=8, seed=2, threads=1)
        model: Any = make_learner(TRAIN, env, seed=2)
        met: list[tuple[np.ndarray, np.ndarray]] = []
        plain = env.step_wait

        def forked() -> Any:
            rewards, following = np.empty((8, 3)), np.empty((8, 3, env.layout.size), dtype=np.float32)
            for i in range(8):
                fork = PairBatch(env.config, n_envs=3)
                fork.core = env.batch.core.fork(i, 3)
                step = fork.step(np.arange(3))
                rewards[i] = step.rewards
                following[i] = step.obs
                following[i, step.indices] = step.last_obs
            met.append((rewards, following))
            return plain()

        env.step_wait = forked
        model.learn(480, log_interval=None)
    buffer = model.replay_buffer
    assert len(met) == 60
    for row, (rewards, following) in enumerate(met):
        assert np.abs(buffer.all_rewards[row] - rewards).max() <= 1e-12
        shown = np.repeat(buffer.next_observations[row][:, None], 3, axis=1)
        shown[:, :, buffer.own] = buffer.all_own[row]
        assert np.array_equal(shown, following)
    np.random.seed(3)  # noqa: NPY002
    batch = buffer._get_samples(np.arange(60))
    np.random.seed(3)  # noqa: NPY002
    envs = np.random.randint(0, 8, size=60)  # noqa: NPY002
    assert np.array_equal(
        batch.next_observations.numpy(), np.array([met[r][1][e] for r, e in enumerate(envs)])
    )
    assert np.array_equal(
        batch.rewards.numpy(), np.array([met[r][0][e] for r, e in enumerate(envs)], dtype=np.float32)
    )


def test_every_action_has_its_own_target() -> None:
    """Two rows, two actions, nets that read their input off: the online net chooses, the target net rates."""
    batch = AllActionSamples(
        observations=torch.zeros(2, 4),
        next_observations=torch.tensor(
            [[[1.0, 2.0, 1.0, 1.0], [3.0, 1.0, 1.0, 1.0]], [[9.0, 2.0, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0]]]
        ),
        rewards=torch.tensor([[0.5, -0.5], [1.0, 2.0]]),
        dones=torch.tensor([[0.0], [0.0]]),
    )

    def online(obs: Any) -> Any:
        return obs[:, :2]

    def target(obs: Any) -> Any:
        return 10.0 * obs[:, :2]

    # s' = (1, 2) chooses the second, (3, 1) the first; of (9, 2) the first is not legal.
    expected = [[0.5 + 0.5 * 20.0, -0.5 + 0.5 * 30.0], [1.0 + 0.5 * 20.0, 2.0]]
    assert all_targets(batch, online, target, 0.5).tolist() == expected
    ended = batch._replace(dones=torch.tensor([[1.0], [0.0]]))
    assert all_targets(ended, online, target, 0.5)[0].tolist() == [0.5, -0.5]


@pytest.mark.parametrize(
    ("pair", "train", "said"),
    [
        ({"reward": "differential_sharpe"}, {}, "needs reward 'pnl'"),
        ({"loss_limit": 3.0}, {}, "no loss_limit"),
        ({"objective": "cvar"}, {}, "objective 'mean'"),
        ({}, {"n_steps": 3}, "train.n_steps: expected 1 for algo 'ddqn_all', got 3"),
    ],
)
def test_where_actions_change_more_it_is_refused(
    pair: dict[str, Any], train: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        ready(PairConfig.ou(**pair), TRAIN.replace(**train))
    with pytest.raises(ConfigError, match=r"ddqn_all needs pair.counterfactual"):
        TRAIN.discount(PairConfig.ou())
