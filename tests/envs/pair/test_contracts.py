"""What Stable-Baselines3 and Gymnasium ask of a pair environment, and what they do with what it gives."""

from __future__ import annotations

import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env as gymnasium_check
from stable_baselines3 import DQN
from stable_baselines3.common.env_checker import check_env as sb3_check
from stable_baselines3.common.vec_env import DummyVecEnv, VecFrameStack, VecMonitor

from envs.pair.cases import BOOKS, random_actions
from quantrl.envs import PairConfig, PairEnv, PairVectorEnv, make_vec_env
from quantrl.envs.pair import PairLayout
from quantrl.errors import ConfigError


def test_both_checkers_pass() -> None:
    for config in (BOOKS, PairConfig.ou(episode_len=30, features="full", window=10)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # advice on the range of spaces
            sb3_check(PairEnv(config))
            gymnasium_check(PairEnv(config), skip_render_check=True)


def test_registered_by_name() -> None:
    single = gymnasium.make("quantrl.envs.pair.single:quantrl/Pair-v0", config=BOOKS)
    many = gymnasium.make_vec("quantrl.envs.pair.vector:quantrl/Pair-v0", num_envs=3, config=BOOKS)
    assert single.reset(seed=1)[0].shape == (12,)
    assert many.reset(seed=1)[0].shape == (3, 12)


def test_one_of_a_batch_is_the_single_environment() -> None:
    batched = make_vec_env(BOOKS, n_envs=1, seed=3)
    single = DummyVecEnv([lambda: PairEnv(BOOKS, seed=3)])
    np.testing.assert_array_equal(batched.reset(), single.reset())
    for row in random_actions((4_000, 1)):
        a, b = batched.step(row), single.step(row)
        assert a[0].tobytes() == b[0].tobytes()
        assert a[1].tobytes() == b[1].tobytes()
        assert a[2].tolist() == b[2].tolist()
        if a[2][0]:
            last = [infos[0]["terminal_observation"].tobytes() for infos in (a[3], b[3])]
            assert last[0] == last[1]
            assert a[3][0]["pair"] == b[3][0]["pair"]


def test_a_replay_buffer_holds_what_the_environment_said() -> None:
    """Arrays are used in turn; a buffer that was filled from them equals an independent copy."""
    env = make_vec_env(BOOKS, n_envs=8, seed=2, threads=1)
    copies: list[tuple[np.ndarray, np.ndarray, np.ndarray, list[dict]]] = []
    seen = env.step_wait

    def spy():
        obs, rewards, dones, infos = seen()
        copies.append((obs.copy(), rewards.copy(), dones.copy(), list(infos)))
        return obs, rewards, dones, infos

    env.step_wait = spy
    model = DQN("MlpPolicy", env, learning_starts=10**9, buffer_size=8 * 200, seed=2, device="cpu")
    model.learn(8 * 150)
    buffer = model.replay_buffer
    for k, (obs, rewards, dones, infos) in enumerate(copies):
        following = obs.copy()
        for env_id in np.flatnonzero(dones):
            following[env_id] = infos[env_id]["terminal_observation"]
        np.testing.assert_array_equal(buffer.next_observations[k], following)
        np.testing.assert_array_equal(buffer.rewards[k], rewards)
        np.testing.assert_array_equal(buffer.dones[k], dones)
        # A truncation is bootstrapped, so the buffer forgets that the episode ended.
        cut = [bool(info.get("TimeLimit.truncated", False)) for info in infos]
        np.testing.assert_array_equal(buffer.timeouts[k], cut)
    assert sum(int(dones.sum()) for _, _, dones, _ in copies) > 8


def test_ruin_is_terminal_and_not_bootstrapped() -> None:
    env = make_vec_env(BOOKS.replace(ruin=3.0, cost=0.05), n_envs=16, seed=2)
    env.reset()
    kinds = set()
    for row in random_actions((200, 16)):
        for info in env.step(row)[3]:
            if info:
                kinds.add((info["TimeLimit.truncated"], info["pair"]["pnl"] <= -3.0))
    assert kinds == {(False, True), (True, False)}


def test_the_shared_info_stays_empty() -> None:
    env = make_vec_env(BOOKS, n_envs=4, seed=2)
    wrapped = VecMonitor(VecFrameStack(env, 2))
    wrapped.reset()
    lengths = []
    for row in random_actions((2_500, 4)):
        _, _, dones, infos = wrapped.step(row)
        for done, info in zip(dones, infos, strict=True):
            assert bool(info) == bool(done)
            if done:
                lengths.append(info["episode"]["l"])
                assert info["terminal_observation"].shape == (24,)
    assert env._empty == {}
    # The first episodes are shorter, each by its own draw.
    assert len(set(lengths[:4])) > 1
    assert set(lengths[4:]) == {64}


def test_masks_follow_the_loss_limit_and_standing_down() -> None:
    env = make_vec_env(BOOKS.replace(loss_limit=0.5, cost=0.5), n_envs=8, seed=2, mode="evaluate")
    env.reset()
    for row in random_actions((20, 8)):
        obs = env.step(row)[0]
    masks = np.array(env.env_method("action_masks"))
    np.testing.assert_array_equal(masks, obs[:, env.layout.legal] == 1.0)
    lost = env.batch.core.totals()[:, 2] <= -0.5
    assert lost.any()
    assert (masks == np.where(lost[:, None], [[False, True, False]], True)).all()
    flat = np.array([0, 1] * 4, dtype=np.uint8)
    env.batch.core.stand_down(flat)
    assert np.array(env.env_method("action_masks", indices=[1])).tolist() == [[False, True, False]]
    before = env.batch.core.totals()[1, 7]
    held = env.batch.core.ledger()[1, [1, 3]].tolist()
    env.step(np.full(8, 2))
    assert env.batch.core.totals()[1, 7] == before + 1
    assert env.batch.core.ledger()[1, [1, 3]].tolist() == held


def test_next_step_autoreset_shows_the_last_observation_first() -> None:
    same = PairVectorEnv(config=BOOKS, num_envs=2, mode="evaluate")
    later = PairVectorEnv(config=BOOKS, num_envs=2, mode="evaluate", autoreset="NextStep")
    same.reset(seed=4), later.reset(seed=4)
    for row in random_actions((64, 2)):
        a, b = same.step(row), later.step(row)
    assert a[3].all()
    assert b[3].all()
    np.testing.assert_array_equal(np.stack(a[4]["final_obs"]), b[0])
    assert a[4]["final_info"]["length"].tolist() == [64.0, 64.0]
    first = later.step(np.ones(2, dtype=np.int32))
    np.testing.assert_array_equal(first[0], a[0])
    assert first[1].tolist() == [0.0, 0.0]
    assert not first[3].any()


def test_layouts_name_every_number() -> None:
    core, full = PairLayout("core", 3), PairLayout("full", 5, statistics=True, theta=True)
    assert (core.size, core.own, core.legal) == (12, slice(2, 7), slice(9, 12))
    assert (full.size, full.own, full.legal) == (52 + 2 + 5 + 5, slice(38, 47), slice(59, 64))
    assert len(set(full.names)) == full.size
    for config in (BOOKS, PairConfig.ou(features="full", window=8, actions="A5", theta_in_obs=True)):
        env = make_vec_env(config)
        assert env.reset().shape == (1, env.layout.size)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"venue": "floor"}, "pair.venue"),
        ({"venue": "flow"}, "needs one or two events files"),
        ({"nonsense": 1}, "pair.nonsense"),
        ({"cost": -0.1}, "pair.cost"),
        ({"kappa_dt": 0}, "needs step_sd"),
        ({"execution": "mid"}, "needs cost = 0"),
        ({"venue": "ou", "execution": "touch"}, "needs books"),
        ({"venue": "ou", "hedge": "rolling"}, "needs books"),
        ({"theta_low": (2.0, 1, 0, 1, 1)}, "theta_low"),
        ({"notional": 0.4}, "pair.notional"),
    ],
)
def test_settings_are_refused_by_name(settings: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        PairConfig.of(**settings)


def test_what_only_the_engine_knows_is_refused_there() -> None:
    with pytest.raises(ConfigError, match="theta.latency_ms: expected 0 to 666"):
        make_vec_env(BOOKS.replace(theta_low=(1, 1, 900, 1, 1), theta_high=(1, 1, 900, 1, 1)))
    with pytest.raises(ConfigError, match="n_envs, threads"):
        make_vec_env(BOOKS, n_envs=0)
    with pytest.raises(ConfigError, match="a pair takes its settings alone"):
        make_vec_env(BOOKS, start=3)
    with pytest.warns(UserWarning, match="kappa_dt: expected 0.002 to 0.2"):
        PairConfig.ou(kappa_dt=0.5)
