"""Policy files from outside are hostile: what was changed, or is no policy, is refused by its field."""

from __future__ import annotations

import hashlib
import json
import pickle
import zipfile

import numpy as np
import pytest
from safetensors.numpy import load_file, save

from agents.sharpe_portfolio.nets import config, export, model, observations, panel
from quantrl._core import NativePolicy
from quantrl.agents._training.files import SPEC_FILE, WEIGHTS_FILE
from quantrl.envs import make_vec_env
from quantrl.errors import ConfigError, DataError


@pytest.fixture
def folder(tmp_path):
    export(model("a2c", "asset_conv", config()), tmp_path)
    return tmp_path


def test_a_flipped_byte_anywhere_is_refused(folder):
    file = folder / WEIGHTS_FILE
    whole = file.read_bytes()
    for at in np.linspace(0, len(whole) - 1, 7).astype(int):
        changed = bytearray(whole)
        changed[at] ^= 1
        file.write_bytes(bytes(changed))
        with pytest.raises(DataError, match="sha256"):
            NativePolicy.load(folder)
    file.write_bytes(whole)
    NativePolicy.load(folder)


def _replace(folder, numbers):
    """Numbers with a matching sha256."""
    (folder / WEIGHTS_FILE).write_bytes(numbers)
    spec = json.loads((folder / SPEC_FILE).read_text())
    spec["sha256"] = hashlib.sha256(numbers).hexdigest()
    (folder / SPEC_FILE).write_text(json.dumps(spec))


def test_numbers_that_are_not_what_they_should_be_are_refused_whatever_their_sha(folder):
    tensors = load_file(folder / WEIGHTS_FILE)
    name = max(tensors, key=lambda key: tensors[key].size)
    nan = tensors[name].copy()
    nan.flat[3] = np.nan
    for words, changed in {
        "F32": {**tensors, name: tensors[name].astype(np.float64)},
        "finite": {**tensors, name: nan},
        "belongs to no operation": {**tensors, "market": np.zeros((9, 9), dtype=np.float32)},
        "no tensor": {key: value for key, value in tensors.items() if key != name},
        "weight": {**tensors, name: tensors[name][:-1].copy()},
    }.items():
        _replace(folder, save(changed))
        with pytest.raises(DataError, match=words):
            NativePolicy.load(folder)
    _replace(folder, b"\xff" * 64)
    with pytest.raises(DataError, match="policy.safetensors"):
        NativePolicy.load(folder)


def test_pickles_zips_and_giants_are_refused_before_they_are_read(folder):
    _replace(folder, pickle.dumps({"weights": [1.0]}))
    with pytest.raises(DataError, match="pickle"):
        NativePolicy.load(folder)
    with zipfile.ZipFile(folder / WEIGHTS_FILE, "w") as archive:
        archive.writestr("data.pkl", b"x")
    with pytest.raises(DataError, match="zip"):
        NativePolicy.load(folder)
    with (folder / WEIGHTS_FILE).open("wb") as file:
        file.truncate((256 << 20) + 1)
    with pytest.raises(DataError, match="at most 268435456 bytes"):
        NativePolicy.load(folder)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", "quantrl-policy/0"),
        ("ops", [{"op": "gather", "out": ["a", "b", "c"]}, {"op": "system", "x": "a", "out": "d"}]),
        ("layout", {"kind": "index", "n_features": 4, "window": 10**9, "n_assets": 5, "has_ids": False}),
        ("norm", None),
        ("unheard", 1),
    ],
)
def test_a_changed_description_is_refused_by_its_field(folder, field, value):
    spec = json.loads((folder / SPEC_FILE).read_text())
    spec[field] = value
    (folder / SPEC_FILE).write_text(json.dumps(spec))
    with pytest.raises(DataError, match="window" if field == "layout" else field):
        NativePolicy.load(folder)


def test_broken_json_and_missing_files_are_refused(folder):
    (folder / SPEC_FILE).write_text("[" * 10_000)
    with pytest.raises(DataError, match="policy.json"):
        NativePolicy.load(folder)
    (folder / SPEC_FILE).unlink()
    with pytest.raises(DataError, match="policy.json"):
        NativePolicy.load(folder)


def test_observations_that_name_no_row_are_refused(folder):
    native = NativePolicy.load(folder)
    env = make_vec_env(panel(), config(), n_envs=1, seed=0)
    obs = observations(env, 3)
    with pytest.raises(ConfigError, match="bind"):
        native.act(obs)
    bound = native.bind(env.market.features)
    assert bound.act(obs[:0]).shape == (0, 6)
    for value in (0.0, 14.0, 90.0, 20.5, np.nan, np.inf):
        wrong = obs.copy()
        wrong[1, 0] = value
        with pytest.raises(DataError, match="row 1"):
            bound.act(wrong)
    with pytest.raises(DataError, match="columns"):
        bound.act(obs[:, :-1].copy())
    with pytest.raises(DataError, match="contiguous"):
        bound.act(np.asfortranarray(obs))
    with pytest.raises(DataError, match="features"):
        native.bind(np.ascontiguousarray(env.market.features[:, :3]))
    window = np.zeros((16, 5, 4), dtype=np.float32)
    weights, stats = np.full(6, 1 / 6, dtype=np.float32), np.zeros(5, dtype=np.float32)
    for bad in ((window[:15], weights, stats), (window, weights[:5], stats), (window, weights, stats[:4])):
        with pytest.raises(DataError, match="window"):
            native.act_window(*bad)
    window[3, 2, 1] = np.inf
    with pytest.raises(DataError, match="finite"):
        native.act_window(window, weights, stats)
