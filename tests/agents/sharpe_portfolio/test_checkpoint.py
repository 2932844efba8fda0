from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.sharpe_portfolio.small_market import ENV, learner, panel

torch = pytest.importorskip("torch")
pytest.importorskip("stable_baselines3")

from stable_baselines3.common.callbacks import BaseCallback  # noqa: E402

from quantrl.agents._training import checkpoint  # noqa: E402
from quantrl.envs import make_vec_env  # noqa: E402
from quantrl.errors import DataError  # noqa: E402

IDENTITY = {"market_id": "m", "config": {"a": 1}, "seed": 0, "fold": 2}
NOTES = {"validations": [[10, 0.5], [20, None]], "best": {"steps": 10, "sharpe": 0.5}}


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Any:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def fresh(algo: str, seed: int = 5) -> Any:
    return learner(algo, make_vec_env(panel(), ENV, n_envs=4, seed=seed), seed)


class SaveOnce(BaseCallback):
    """A checkpoint at the first rollout start from `at` steps on."""

    def __init__(self, folder: Path, at: int) -> None:
        super().__init__()
        self.folder, self.at = folder, at
        self.kept: checkpoint.Checkpoint | None = None

    def _on_rollout_start(self) -> None:
        if self.kept is None and self.model.num_timesteps >= self.at:
            self.kept = checkpoint.save(self.folder, self.model, IDENTITY, NOTES)

    def _on_step(self) -> bool:
        return True


def weights(model: Any) -> dict[str, bytes]:
    found = {key: value.numpy().tobytes() for key, value in model.policy.state_dict().items()}
    if hasattr(model, "log_ent_coef"):
        found["log_ent_coef"] = model.log_ent_coef.detach().numpy().tobytes()
    return found


def train_with_a_checkpoint(algo: str, folder: Path, steps: int) -> tuple[Any, checkpoint.Checkpoint]:
    model, save = fresh(algo), SaveOnce(folder, steps // 2)
    model.learn(steps, callback=save)
    assert save.kept is not None
    return model, save.kept


@pytest.mark.parametrize(("algo", "steps"), [("ppo", 1_024), ("a2c", 512), ("sac", 600), ("td3", 600)])
def test_a_resumed_run_ends_with_the_same_bits_as_a_straight_one(
    algo: str, steps: int, tmp_path: Path
) -> None:
    straight, kept = train_with_a_checkpoint(algo, tmp_path, steps)
    # Another seed: whatever the checkpoint does not restore would show.
    resumed = fresh(algo, seed=99)
    checkpoint.restore(checkpoint.read(kept.path), resumed, IDENTITY)
    assert resumed.num_timesteps == kept.steps
    assert weights(resumed) != weights(straight)
    resumed.learn(steps - kept.steps, reset_num_timesteps=False)
    assert resumed.num_timesteps == straight.num_timesteps
    assert weights(resumed) == weights(straight)
    assert np.array_equal(resumed._last_obs, straight._last_obs)


def test_notes_come_back_and_no_file_is_left_aside(tmp_path: Path) -> None:
    train_with_a_checkpoint("ppo", tmp_path, 256)
    found = checkpoint.latest(tmp_path)
    assert found is not None
    assert found.notes == NOTES
    assert sorted(file.suffix for file in tmp_path.iterdir()) == [".json", ".safetensors"]
    assert found.info["learner"]["schedules"]["learning_rate"] == 3e-4


def test_the_newest_three_and_the_best_stay(tmp_path: Path) -> None:
    for steps in range(1, 7):
        for suffix in (".json", ".safetensors"):
            (tmp_path / f"step-{steps:012d}{suffix}").touch()
    checkpoint.prune(tmp_path, best=2)
    assert [int(path.stem.removeprefix("step-")) for path in checkpoint.listed(tmp_path)] == [2, 4, 5, 6]
    assert len(list(tmp_path.glob("*.safetensors"))) == 4


def change(path: Path, **fields: Any) -> None:
    info = json.loads(path.read_text())
    for name, value in fields.items():
        section = info
        *parents, last = name.split("__")
        for parent in parents:
            section = section[parent]
        section[last] = value
    path.write_text(json.dumps(info))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"format": "quantrl-checkpoint/9"}, "format: expected 'quantrl-checkpoint/1'"),
        ({"notes": 3}, "notes: expected a table"),
        ({"learner__counters": None}, "num_timesteps: expected a count"),
        ({"versions__torch": "0.1"}, r"versions.torch: expected .*, got '0.1'"),
        ({"market_id": "other"}, "market_id: expected 'm', got 'other'"),
        ({"seed": 7}, "seed: expected 0, got 7"),
        ({"config__a": 2}, "config.a: expected 1, got 2"),
        ({"sha256": "0" * 64}, "expected sha256 0000"),
        ({"learner__optimizers": {}}, "optimizers: expected the keys"),
        ({"learner__schedules": {"learning_rate": 1.0}}, "schedules: expected"),
        ({"random": {}}, "a field is missing or of another type"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_changes(
    fields: dict[str, Any], message: str, tmp_path: Path
) -> None:
    _, kept = train_with_a_checkpoint("ppo", tmp_path, 256)
    model = fresh("ppo", seed=99)
    model.learn(128)
    before = weights(model)
    change(kept.path, **fields)
    with pytest.raises(DataError, match=message):
        checkpoint.restore(checkpoint.read(kept.path), model, IDENTITY)
    assert weights(model) == before
    assert model.num_timesteps == 128


def test_a_flipped_byte_is_refused(tmp_path: Path) -> None:
    _, kept = train_with_a_checkpoint("ppo", tmp_path, 256)
    file = kept.path.with_suffix(".safetensors")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(DataError, match="expected sha256"):
        checkpoint.restore(kept, fresh("ppo"), IDENTITY)


def test_arrays_of_another_shape_are_refused(tmp_path: Path) -> None:
    from safetensors.numpy import load, save

    _, kept = train_with_a_checkpoint("sac", tmp_path, 256)
    file = kept.path.with_suffix(".safetensors")
    for name, message in [
        ("memory/_last_obs", "_last_obs: expected"),
        ("memory/replay/rewards", "replay/rewards: expected"),
        ("learner/variable/log_ent_coef", "log_ent_coef: expected"),
        ("random/numpy", "random/numpy: expected"),
    ]:
        arrays = load(file.read_bytes())
        content = save({**arrays, name: arrays[name][..., :0].copy()})
        other = tmp_path / "other"
        other.mkdir(exist_ok=True)
        (other / file.name).write_bytes(content)
        info = {**kept.info, "sha256": hashlib.sha256(content).hexdigest()}
        with pytest.raises(DataError, match=message):
            checkpoint.restore(checkpoint.Checkpoint(other / kept.path.name, info), fresh("sac"), IDENTITY)


def test_an_environment_on_another_market_is_refused(tmp_path: Path) -> None:
    _, kept = train_with_a_checkpoint("ppo", tmp_path, 256)
    model = learner("ppo", make_vec_env(panel(seed=8), ENV, n_envs=4, seed=1))
    before = weights(model)
    with pytest.raises(DataError):
        checkpoint.restore(kept, model, IDENTITY)
    assert weights(model) == before


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "step-000000000001.json"
    with path.open("wb") as file:
        file.truncate((256 << 20) + 1)
    with pytest.raises(DataError, match="at most 268435456 bytes"):
        checkpoint.read(path)
