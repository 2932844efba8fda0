"""Exported policies act as the models they came from and hold no market."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import load_file

from agents.sharpe_portfolio.nets import QUICK, config, export, model, observations, panel
from quantrl.agents._training.files import SPEC_FILE, WEIGHTS_FILE
from quantrl.agents.sharpe_portfolio.nets import NETS
from quantrl.agents.sharpe_portfolio.training.algos import make_algo
from quantrl.envs import make_vec_env
from quantrl.errors import DataError

ALGOS = ("ppo", "a2c", "trpo", "sac", "td3")


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("algo", ALGOS)
def test_native_actions_are_those_of_torch(algo, net, tmp_path):
    made = model(algo, net, config())
    native = export(made, tmp_path).bind(made.env.market.features)
    obs = observations(made.env, 512)
    expected, _ = made.predict(obs, deterministic=True)
    actions = native.act(obs)
    assert actions.dtype == np.float32
    assert np.abs(actions - expected).max() <= 1e-5
    assert (np.abs(expected) < 1.0).mean() > 0.1
    assert expected.std(axis=0).max() > 1e-2
    one = np.concatenate([native.act(row[None]) for row in obs[:8]])
    assert np.abs(one - expected[:8]).max() <= 1e-5


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize(
    "changes",
    [
        {"assets": "random", "n_assets": 3},
        {"norm": "ratio", "features": ("close",)},
        {"obs": "image"},
        {"obs": "released", "norm": "ratio", "action_map": "softmax01", "decision_every": 1},
    ],
    ids=["random", "ratio", "image", "released"],
)
def test_every_layout_acts_as_torch(net, changes, tmp_path):
    made = model("ppo", net, config(**changes))
    env, rng = made.env, np.random.default_rng(0)
    rows = [env.reset().copy()]
    for _ in range(12):
        actions = rng.uniform(env.action_space.low[0], 1.0, (2, env.layout.n_actions))
        rows.append(env.step(actions.astype(np.float32))[0].copy())
    obs = np.concatenate(rows)
    native = export(made, tmp_path)
    bound = native.bind(env.market.features) if env.layout.kind == "index" else native
    expected, _ = made.predict(obs, deterministic=True)
    assert np.abs(bound.act(obs) - expected).max() <= 1e-5


@pytest.mark.parametrize("head", ["score", "mlp"])
def test_both_heads_of_asset_conv_act_as_torch_and_a_window_is_as_good_as_a_row(head, tmp_path):
    made = model("ppo", "asset_conv", config(), head=head)
    native = export(made, tmp_path)
    obs, layout, market = observations(made.env, 16), made.env.layout, made.env.market.features
    expected, _ = made.predict(obs, deterministic=True)
    assert np.abs(native.bind(market).act(obs) - expected).max() <= 1e-5
    for row, action in zip(obs, expected, strict=True):
        t = int(row[0])
        window = np.ascontiguousarray(market[t - layout.window + 1 : t + 1])
        given = native.act_window(window, row[layout.weights].copy(), row[layout.stats].copy())
        assert np.abs(given - action).max() <= 1e-5


def test_scores_are_given_for_any_number_of_assets(tmp_path):
    small = model("ppo", "asset_conv", config(), n=5)
    native = export(small, tmp_path)
    large = model("ppo", "asset_conv", config(), n=9)
    large.policy.load_state_dict(small.policy.state_dict() | {"log_std": large.policy.log_std.detach()})
    obs, layout, market = observations(large.env, 4), large.env.layout, large.env.market.features
    expected, _ = large.predict(obs, deterministic=True)
    for row, action in zip(obs, expected, strict=True):
        t = int(row[0])
        window = np.ascontiguousarray(market[t - layout.window + 1 : t + 1])
        given = native.act_window(window, row[layout.weights].copy(), row[layout.stats].copy())
        assert np.abs(given - action).max() <= 1e-5
    fixed = export(model("ppo", "asset_conv", config(), head="mlp"), tmp_path)
    with pytest.raises(DataError, match="ops"):
        fixed.act_window(window, row[layout.weights].copy(), row[layout.stats].copy())


def test_both_files_say_what_they_hold_and_neither_holds_the_market(tmp_path):
    made = model("ppo", "asset_conv", config(decision_every=3, temperature=1.5))
    spec = export(made, tmp_path, columns=["close"], note=1).spec()
    assert spec == json.loads((tmp_path / SPEC_FILE).read_text())
    assert spec["sha256"] == hashlib.sha256((tmp_path / WEIGHTS_FILE).read_bytes()).hexdigest()
    assert (spec["algo"], spec["net"], spec["head"], spec["seed"]) == ("ppo", "asset_conv", "score", 7)
    assert (spec["decision_every"], spec["temperature"], spec["window"]) == (3, 1.5, 16)
    assert spec["features"] == ["close", "high", "low", "open"]
    assert spec["action"] == {"map": "tilt", "low": -1.0, "high": 1.0}
    assert spec["market_id"] == made.env.market.id
    assert spec["meta"] == {"columns": ["close"], "note": 1}
    tensors = load_file(tmp_path / WEIGHTS_FILE)
    named = {op[key] for op in spec["ops"] for key in ("weight", "bias") if op.get(key)}
    assert set(tensors) == named
    value = sum(
        p.numel() for name, p in made.policy.named_parameters() if "value" in name or name == "log_std"
    )
    policy = sum(p.numel() for p in made.policy.parameters()) - value
    assert sum(t.size for t in tensors.values()) == policy < made.env.market.features.size * 10
    with safe_open(tmp_path / WEIGHTS_FILE, "numpy") as file:
        assert file.metadata() is None
    assert sorted(p.name for p in tmp_path.iterdir()) == [SPEC_FILE, WEIGHTS_FILE]


def test_the_size_of_a_policy_does_not_depend_on_the_market(tmp_path):
    sizes = []
    for n_bars in (60, 400):
        env = make_vec_env(panel(n_bars=n_bars), config(), n_envs=2, seed=0)
        made = make_algo("sac", "asset_conv", env, seed=0, overrides=QUICK["sac"])
        export(made, tmp_path)
        sizes.append((tmp_path / WEIGHTS_FILE).stat().st_size)
    assert sizes[0] == sizes[1]


def test_a_diverged_model_is_not_written(tmp_path):
    made = model("ppo", "asset_conv", config())
    export(made, tmp_path)
    before = (tmp_path / SPEC_FILE).read_bytes(), (tmp_path / WEIGHTS_FILE).read_bytes()
    with torch.no_grad():
        made.policy.features_extractor.own.weight[0, 0] = float("nan")
    with pytest.raises(DataError, match="finite"):
        export(made, tmp_path)
    assert before == ((tmp_path / SPEC_FILE).read_bytes(), (tmp_path / WEIGHTS_FILE).read_bytes())
