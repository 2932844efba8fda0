"""Native inference is torch's to 1e-5, and a native run fills what the environment stepped from Python fills."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from counts import full_or

torch = pytest.importorskip("torch")
pytest.importorskip("sb3_contrib")

from gymnasium import spaces  # noqa: E402

from quantrl.agents._training.files import SPEC_FILE, WEIGHTS_FILE  # noqa: E402
from quantrl.agents.dqn_statarb.export import combine_policies, export_nets  # noqa: E402
from quantrl.agents.dqn_statarb.nets import ValueNet, masked  # noqa: E402
from quantrl.agents.dqn_statarb.policy import load_policy  # noqa: E402
from quantrl.envs import PairConfig, PairLayout, make_vec_env  # noqa: E402
from quantrl.envs.pair import PairBatch  # noqa: E402
from quantrl.errors import ConfigError, DataError  # noqa: E402

CORE, FULL = PairConfig.books(cost=0.2), PairConfig.books(cost=0.2, features="full")
ROWS = full_or(100_000, 4_000)
SHAPES = [
    (CORE, {"net_arch": [64, 64], "dueling": False}),
    (CORE, {"net_arch": [64, 64], "dueling": True, "noisy": True}),
    (FULL, {"net_arch": [256, 256], "dueling": True}),
    (FULL, {"net_arch": [50, 50, 50], "dueling": True, "n_quantiles": 32}),
]


def net(pair: PairConfig, seed: int = 0, **kind: object) -> ValueNet:
    torch.manual_seed(seed)
    size = PairLayout.of(pair).size
    settings = {"dueling": False, "noisy": False, **kind}
    return ValueNet(spaces.Box(-5.0, 5.0, (size,), np.float32), spaces.Discrete(3), **settings)


def observations(pair: PairConfig, rows: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    layout = PairLayout.of(pair)
    obs = random.uniform(-5.0, 5.0, (rows, layout.size)).astype(np.float32)
    obs[:, layout.legal] = random.random((rows, 3)) < 0.8
    obs[:, layout.size - 1] = 1.0
    return obs


def write(folder: Path, pair: PairConfig, *nets: ValueNet, combine: str | None = None) -> Path:
    export_nets(nets, folder, pair=pair, algo="ddqn", seed=0, meta={}, combine=combine)
    return folder


@pytest.mark.parametrize(("pair", "kind"), SHAPES)
def test_native_values_are_those_of_torch(pair: PairConfig, kind: dict[str, object], tmp_path: Path) -> None:
    found, obs = net(pair, **kind), observations(pair, ROWS)
    policy = load_policy(write(tmp_path, pair, found))
    with torch.no_grad():
        given = torch.from_numpy(obs)
        wanted, legal = found.values(given), masked(found.values(given), given)
    wanted, legal = wanted.numpy(), np.sort(legal.numpy(), axis=1)
    values = policy.values(obs)
    assert (np.abs(values - wanted) <= 1e-5 * np.maximum(1.0, np.abs(wanted))).all()
    clear = legal[:, -1] - legal[:, -2] > 2e-5
    with torch.no_grad():
        greedy = found._predict(given).numpy()
    assert clear.mean() > 0.99
    assert (policy.act(obs)[clear] == greedy[clear]).all()


@pytest.mark.parametrize(("combine", "of"), [("mean", np.mean), ("min", np.min)])
def test_members_are_combined(combine: str, of: object, tmp_path: Path) -> None:
    nets = [net(CORE, seed, net_arch=[32, 32], dueling=True) for seed in (1, 2, 3)]
    obs = observations(CORE, 500)
    whole = load_policy(write(tmp_path / "whole", CORE, *nets, combine=combine)).values(obs)
    each = [load_policy(write(tmp_path / str(i), CORE, one)) for i, one in enumerate(nets)]
    assert np.allclose(whole, of([policy.values(obs) for policy in each], axis=0), atol=2e-6)
    combine_policies([tmp_path / str(i) for i in range(3)], tmp_path / "again", combine)
    assert np.array_equal(load_policy(tmp_path / "again").values(obs), whole)


def test_policies_of_other_pairs_do_not_combine(tmp_path: Path) -> None:
    write(tmp_path / "a", CORE, net(CORE, net_arch=[8]))
    write(tmp_path / "b", CORE.replace(cost=0.3), net(CORE, net_arch=[8]))
    with pytest.raises(DataError, match="policies: pair.cost: expected 0.2, got 0.3"):
        combine_policies([tmp_path / "a", tmp_path / "b"], tmp_path / "c")
    assert not (tmp_path / "c").exists()
    with pytest.raises(ConfigError, match="mean"):
        write(tmp_path / "d", CORE, net(CORE, net_arch=[8]), combine="mean")


@pytest.mark.parametrize("episode", [200, 1_000])
def test_a_native_run_is_the_environment_stepped_with_the_policy(episode: int, tmp_path: Path) -> None:
    pair = CORE.replace(episode_len=episode, ruin=5.0 if episode == 200 else 1e9)
    policy = load_policy(write(tmp_path, pair, net(pair, 2, net_arch=[16], dueling=True)))
    native = policy.run(n_envs=6, decisions=500, seed=9, threads=2)
    batch = PairBatch(pair, n_envs=6, seed=9, mode="evaluate")
    obs, sums = batch.reset(), np.zeros((6, 3))
    for _ in range(500):
        step = batch.step(policy.act(obs))
        mean, cost, _ = batch.core.truth().T
        sums += np.stack([step.rewards, mean - cost, cost], axis=1)
        obs = step.obs
    assert (native[:, 3] > 0).all()
    # An environment that ended has begun anew before it is asked what its last decision could expect.
    assert episode == 200 or np.allclose(native[:, 1:3], sums[:, 1:], atol=1e-9)
    assert np.allclose(native[:, 0], sums[:, 0], atol=1e-3)  # rewards are f32
    assert np.array_equal(native, policy.run(n_envs=6, decisions=500, seed=9))
    with pytest.raises(ConfigError, match="expected the 12 observations"):
        policy.run(FULL, decisions=1)


def test_what_was_changed_or_does_not_fit_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path, CORE, net(CORE, net_arch=[8]))
    policy = load_policy(folder)
    with pytest.raises(DataError, match="expected 12 columns, got 11"):
        policy.values(np.zeros((2, 11), dtype=np.float32))
    wild = observations(CORE, 3)
    wild[1, 4] = np.nan
    with pytest.raises(DataError, match="row 1: obs"):
        policy.act(wild)
    numbers = bytearray((folder / WEIGHTS_FILE).read_bytes())
    numbers[-1] ^= 1
    (folder / WEIGHTS_FILE).write_bytes(numbers)
    with pytest.raises(DataError, match="sha256"):
        load_policy(folder)
    spec = json.loads((folder / SPEC_FILE).read_text())
    (folder / SPEC_FILE).write_text(json.dumps({**spec, "format": "quantrl-policy/2"}))
    with pytest.raises(DataError, match="format"):
        load_policy(folder)
    (folder / SPEC_FILE).unlink()
    with pytest.raises(ConfigError, match="holds no policy.json"):
        load_policy(folder)


def test_a_weight_that_is_no_number_is_not_written(tmp_path: Path) -> None:
    broken = net(CORE, net_arch=[8])
    with torch.no_grad():
        broken.advantage.weight[0, 0] = float("nan")
    with pytest.raises(DataError, match="advantage"):
        write(tmp_path / "p", CORE, broken)
    assert not (tmp_path / "p").exists()


def test_every_observation_an_environment_gives_is_taken(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path, FULL, net(FULL, net_arch=[8])))
    env = make_vec_env(FULL, n_envs=4, seed=0)
    obs = env.reset()
    for _ in range(50):
        obs, *_ = env.step(policy.act(obs))
