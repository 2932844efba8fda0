"""What Stable-Baselines3 and Gymnasium ask of an environment, and what they do with what it gives."""

from __future__ import annotations

import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env as gymnasium_check
from stable_baselines3 import PPO
from stable_baselines3.common.env_checker import check_env as sb3_check
from stable_baselines3.common.vec_env import DummyVecEnv, VecFrameStack, VecMonitor

from counts import full_or
from envs.markets import random_actions, random_panel
from quantrl.envs import Market, PortfolioConfig, PortfolioEnv, PortfolioVectorEnv, make_vec_env
from quantrl.errors import ConfigError, DataError

CONFIG = PortfolioConfig(window=10, episode_len=12, decision_every=2)
MARKET = Market.of(random_panel(), CONFIG)


def test_both_checkers_pass():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # advice on the range of spaces
        sb3_check(PortfolioEnv(MARKET, CONFIG))
        gymnasium_check(PortfolioEnv(MARKET, CONFIG), skip_render_check=True)


def test_registered_by_name():
    single = gymnasium.make("quantrl.envs.single:quantrl/Portfolio-v0", panel=MARKET, config=CONFIG)
    many = gymnasium.make_vec(
        "quantrl.envs.vector:quantrl/Portfolio-v0", num_envs=3, batch=MARKET, config=CONFIG
    )
    assert single.reset(seed=1)[0].shape == (11,)
    assert many.reset(seed=1)[0].shape == (3, 11)


def test_one_of_a_batch_is_the_single_environment():
    """PPO meets the same numbers either way, over 4,000 steps in full."""

    def actions(env):
        model = PPO("MlpPolicy", env, n_steps=250, batch_size=250, n_epochs=2, seed=3, device="cpu")
        taken = []
        model.learn(
            full_or(4_000, 1_000), callback=lambda local, _: taken.append(local["actions"].copy()) or True
        )
        return np.concatenate(taken)

    batched = actions(make_vec_env(MARKET, CONFIG, n_envs=1, seed=3))
    single = actions(DummyVecEnv([lambda: PortfolioEnv(MARKET, CONFIG, seed=3)]))
    assert batched.tobytes() == single.tobytes()


def test_a_rollout_buffer_holds_what_the_environment_said():
    """Arrays are used in turn; a buffer that was filled from them equals an independent copy."""
    env = make_vec_env(MARKET, CONFIG, n_envs=8, seed=2)
    copies = {"obs": [], "rewards": []}
    seen = env.step_wait

    def spy():
        obs, rewards, dones, infos = seen()
        copies["obs"].append(obs.copy())
        copies["rewards"].append(rewards.copy())
        return obs, rewards, dones, infos

    env.step_wait = spy
    model = PPO("MlpPolicy", env, n_steps=30, batch_size=240, n_epochs=1, seed=2, device="cpu")
    model.learn(240)
    buffer = model.rollout_buffer
    shown = buffer.swap_and_flatten(np.stack(copies["obs"][:29]))
    assert np.isin(shown.view("V44"), buffer.observations.view("V44")).all()
    np.testing.assert_array_equal(buffer.rewards, np.stack(copies["rewards"]))


def test_the_shared_info_stays_empty():
    env = make_vec_env(MARKET, CONFIG, n_envs=4, seed=2)
    wrapped = VecMonitor(VecFrameStack(env, 2))
    wrapped.reset()
    ended = 0
    for k in range(2_500):
        _, _, dones, infos = wrapped.step(random_actions((4, 5), seed=k % 50))
        ended += int(dones.sum())
        for done, info in zip(dones, infos, strict=True):
            assert bool(info) == bool(done)
            if done:
                assert info["episode"]["l"] == 12
                assert info["terminal_observation"].shape == (22,)
    assert env._empty == {}
    assert ended > 800


@pytest.mark.parametrize(("reward", "truncated"), [("markov_sharpe", False), ("log_return", True)])
def test_only_a_truncation_is_bootstrapped(reward, truncated):
    """PPO adds gamma V(last observation) to the last reward of a truncated episode, and nothing to a terminal one."""
    config = CONFIG.replace(reward=reward)
    env = make_vec_env(MARKET, config, n_envs=1, seed=2)
    model = PPO("MlpPolicy", env, n_steps=12, batch_size=12, n_epochs=1, seed=2, gamma=0.9, device="cpu")
    plain = []
    seen = env.step_wait

    def spy():
        obs, rewards, dones, infos = seen()
        plain.append((float(rewards[0]), infos[0].get("terminal_observation")))
        assert not dones[0] or infos[0]["TimeLimit.truncated"] == truncated
        return obs, rewards, dones, infos

    env.step_wait = spy
    values = []
    predict = model.policy.predict_values
    model.policy.predict_values = lambda obs: values.append(predict(obs)) or values[-1]
    model.learn(12)
    assert len(plain) == 12
    added = float(model.rollout_buffer.rewards[-1, 0]) - plain[-1][0]
    if truncated:
        assert added == pytest.approx(0.9 * float(values[0]), abs=1e-6)
    else:
        assert added == 0.0


def test_next_step_autoreset_shows_the_last_observation_first():
    same = PortfolioVectorEnv(MARKET, CONFIG, num_envs=2)
    later = PortfolioVectorEnv(MARKET, CONFIG, num_envs=2, autoreset="NextStep")
    same.reset(seed=4), later.reset(seed=4)
    for k in range(12):
        a, b = same.step(random_actions((2, 5), seed=k)), later.step(random_actions((2, 5), seed=k))
    assert a[2].all()
    assert b[2].all()
    np.testing.assert_array_equal(np.stack(a[4]["final_obs"]), b[0])
    assert a[4]["final_info"]["l"].tolist() == [12.0, 12.0]
    first = later.step(random_actions((2, 5)))
    np.testing.assert_array_equal(first[0], a[0])
    assert first[1].tolist() == [0.0, 0.0]
    assert not first[2].any()


def test_closes_alone_need_a_named_fill():
    panel = random_panel(opens=False)
    with pytest.raises(DataError, match="name fill='next_close'"):
        make_vec_env(panel, CONFIG)
    assert make_vec_env(panel, CONFIG.replace(fill="next_close")).reset().shape == (1, 11)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"reward": "profit"}, "env.reward"),
        ({"window": 1}, "env.window"),
        ({"n_assets": 3}, "n_assets goes with"),
        ({"nonsense": 1}, "env.nonsense"),
        ({"cost_bps": -1.0}, "env.cost_bps"),
    ],
)
def test_settings_are_refused_by_name(settings, message):
    with pytest.raises(ConfigError, match=message):
        PortfolioConfig.of(**settings)


def test_too_many_drawn_assets_are_refused():
    with pytest.raises(ConfigError, match="n_assets: expected 1 to 4"):
        make_vec_env(MARKET, CONFIG.replace(assets="random", n_assets=5))
