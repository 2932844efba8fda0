"""Networks: the same from an index as from an image, alike for every asset, trainable at every width."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecNormalize

from agents.sharpe_portfolio.nets import QUICK, config, model, observations, panel
from quantrl.agents.sharpe_portfolio.nets import NETS, WindowExtractor
from quantrl.agents.sharpe_portfolio.nets.asset_conv import AssetConv, time_kernels
from quantrl.agents.sharpe_portfolio.nets.gather import GatherWindow
from quantrl.agents.sharpe_portfolio.training.algos import make_algo, n_envs
from quantrl.envs import ObsLayout, make_vec_env
from quantrl.errors import ConfigError, DataError


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def extractor(net: str, layout: ObsLayout, norm: str = "log100") -> WindowExtractor:
    torch.manual_seed(0)
    return NETS[net](spaces.Box(-np.inf, np.inf, (layout.size,), np.float32), layout, norm)


def rollout(cfg, seed=4):
    """Observations after a few random decisions, of one seed the same episodes whatever the layout."""
    env = make_vec_env(panel(), cfg, n_envs=8, seed=seed)
    env.reset()
    rng = np.random.default_rng(seed)
    for _ in range(3):
        obs = env.step(rng.uniform(-1, 1, (8, 6)).astype(np.float32))[0]
    return env, torch.as_tensor(obs.copy())


@pytest.mark.parametrize("norm", ["log100", "ratio"])
@pytest.mark.parametrize("net", NETS)
def test_index_and_image_observations_give_the_same_features(net, norm):
    env, index = rollout(config(obs="index", norm=norm))
    other, image = rollout(config(obs="image", norm=norm))
    first, second = extractor(net, env.layout, norm), extractor(net, other.layout, norm)
    second.load_state_dict(first.state_dict())
    first.bind(env.market.features)
    with torch.no_grad():
        assert torch.allclose(first(index), second(image), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("n", [1, 3, 10, 30])
@pytest.mark.parametrize("net", NETS)
def test_gradients_are_finite_for_few_and_many_assets(net, n):
    made = model("ppo", net, config(window=12), n=n)
    obs = torch.as_tensor(observations(made.env, 4))
    actions = torch.zeros(4, n + 1)
    values, log_prob, entropy = made.policy.evaluate_actions(obs, actions)
    (values.sum() + log_prob.sum() + entropy.sum()).backward()
    gradients = [p.grad for p in made.policy.parameters()]
    assert all(g is not None and torch.isfinite(g).all() for g in gradients)
    assert sum(g.abs().sum() for g in gradients) > 0


def test_scores_follow_a_permutation_of_the_assets_and_the_value_does_not_move():
    made = model("ppo", "asset_conv", config(obs="image"))
    _, obs = rollout(config(obs="image"))
    layout, order = made.env.layout, torch.tensor([3, 0, 4, 1, 2])
    moved = obs.clone()
    image = obs[:, layout.image].view(-1, *layout.image_shape)
    moved[:, layout.image] = image[..., order].flatten(1)
    weights = obs[:, layout.weights]
    moved[:, layout.weights] = torch.cat([weights[:, :1], weights[:, 1:][:, order]], 1)
    with torch.no_grad():
        mean, same = (made.policy.get_distribution(o).distribution.mean for o in (obs, moved))
        value, same_value = made.policy.predict_values(obs), made.policy.predict_values(moved)
    assert torch.allclose(mean[:, 1:][:, order], same[:, 1:], atol=1e-5)
    assert torch.allclose(mean[:, 0], same[:, 0], atol=1e-5)
    assert torch.allclose(value, same_value, atol=1e-5)
    assert mean[:, 1:].std(1).min() > 1e-3


@pytest.mark.parametrize("window", [2, 3, 7, 9, 12, 15, 50, 61])
def test_the_newest_bar_is_always_read(window):
    layout = ObsLayout("image", 1, window, 3)
    net = extractor("asset_conv", layout)
    for parameter in net.parameters():
        torch.nn.init.uniform_(parameter, 0.1, 1.0)
    obs = torch.ones(1, layout.size, requires_grad=True)
    net(obs).sum().backward()
    gradient = obs.grad[:, layout.image].view(window, 3)
    assert (gradient[-2:].abs() > 0).all()


def test_of_fifty_bars_the_newest_forty_five_are_read():
    assert time_kernels(49) == ((8, 4, 4), 44)
    assert time_kernels(1) == ((1, 1, 1), 1)


@pytest.mark.parametrize("net", NETS)
def test_released_observations_are_read(net):
    cfg = config(obs="released", norm="ratio", action_map="softmax01", reward="avg_sharpe", decision_every=1)
    env, obs = rollout(cfg)
    features = extractor(net, env.layout, "ratio")(obs)
    assert features.shape == (8, extractor(net, env.layout).features_dim)
    assert torch.isfinite(features).all()


@pytest.mark.parametrize("algo", ["sac", "td3"])
def test_every_network_of_a_model_shares_one_market_and_none_saves_it(algo):
    made = model(algo, "asset_conv", config())
    nets = [m for m in made.policy.modules() if isinstance(m, GatherWindow)]
    assert len(nets) >= 3
    assert len({net.features.data_ptr() for net in nets}) == 1
    market = made.env.market.features
    assert all(not any("features" in key.split(".")[-1:] for key in net.state_dict()) for net in nets)
    assert len(pickle.dumps(made.policy_kwargs)) < market.nbytes
    sizes = [
        tensor.numel()
        for state in made.get_parameters().values()
        if "param_groups" not in state
        for tensor in state.values()
    ]
    assert market.size not in sizes


def test_the_same_seed_gives_the_same_model_and_another_seed_another():
    def parameters(seed):
        env = make_vec_env(panel(), config(), n_envs=2, seed=0)
        made = make_algo("ppo", "asset_conv", env, seed=seed, overrides=QUICK["ppo"])
        made.learn(16)
        return torch.cat([p.detach().flatten() for p in made.policy.parameters()])

    assert torch.equal(parameters(3), parameters(3))
    assert not torch.equal(parameters(3), parameters(4))


def test_settings_that_do_not_fit_are_refused():
    env = make_vec_env(panel(), config(), n_envs=2, seed=0)
    for words, arguments in {
        "algo": {"name": "dqn", "net": "vgg"},
        "net": {"name": "ppo", "net": "vit"},
        "head: expected": {"name": "ppo", "net": "vgg", "head": "both"},
        "head: score": {"name": "sac", "net": "asset_conv", "head": "score"},
        "gamma": {"name": "ppo", "net": "vgg", "overrides": {"gamma": 0.5}},
        "surprise": {"name": "ppo", "net": "vgg", "overrides": {"surprise": 1}},
        "schedule": {"name": "ppo", "net": "vgg", "overrides": {"learning_rate": [1.0, 2.0, 3.0]}},
    }.items():
        with pytest.raises(ConfigError, match=words):
            make_algo(**{"env": env, "seed": 0, **arguments})
    with pytest.raises(ConfigError, match="score"):
        make_algo("td3", "asset_conv", env, seed=0, head="score")
    with pytest.raises(ConfigError, match="score"):
        make_algo("ppo", "resnet", env, seed=0, head="score")
    with pytest.raises(ConfigError, match="VecNormalize"):
        make_algo("ppo", "vgg", VecNormalize(env), seed=0)
    assert n_envs("ppo") == 64
    assert n_envs("sac") == 16


def test_a_schedule_falls_linearly():
    env = make_vec_env(panel(), config(), n_envs=2, seed=0)
    made = make_algo(
        "ppo", "asset_conv", env, seed=0, overrides={**QUICK["ppo"], "learning_rate": [4e-4, 2e-4]}
    )
    assert [made.lr_schedule(left) for left in (1.0, 0.5, 0.0)] == pytest.approx([4e-4, 3e-4, 2e-4])


def test_a_market_must_be_bound_and_fit():
    env = make_vec_env(panel(), config(), n_envs=2, seed=0)
    net = extractor("asset_conv", env.layout)
    assert isinstance(net, AssetConv)
    obs = torch.as_tensor(observations(env, 2))
    with pytest.raises(ConfigError, match="bind"):
        net(obs)
    market = env.market.features
    for wrong in (market[:, :4], market[..., :1], market[:3], market.astype(np.float64)):
        with pytest.raises(DataError, match="features"):
            net.bind(wrong)


def test_the_released_settings_are_those_of_the_paper_s_code():
    cfg = config(obs="released", norm="ratio", action_map="softmax01", reward="avg_sharpe", decision_every=1)
    env = make_vec_env(panel(), cfg, n_envs=n_envs("released"), seed=0)
    made = make_algo("released", "vgg", env, seed=0)
    assert (made.n_envs, made.n_steps, made.batch_size, made.n_epochs) == (1, 2048, 256, 10)
    assert made.target_kl is None
    assert made.lr_schedule(1.0) == made.lr_schedule(0.1) == 3e-4
    assert made.policy.ortho_init
    assert made.policy.log_std.detach().unique().tolist() == [0.0]
