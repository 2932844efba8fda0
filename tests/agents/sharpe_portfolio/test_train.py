from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.sharpe_portfolio.small_market import TRAIN_ENV, panel, train_config
from counts import full_or

pytest.importorskip("torch")
pytest.importorskip("stable_baselines3")

from quantrl.agents._training import checkpoint
from quantrl.agents._training.log import read_rows
from quantrl.agents._training.loop import run_lesson
from quantrl.agents._training.slot import Slot
from quantrl.agents.sharpe_portfolio.training.lesson import Lesson, Rows
from quantrl.data import Panel
from quantrl.envs import Market
from quantrl.errors import ConfigError, DataError

# ``QUANTRL_GATES=1``: 20,000 steps, a checkpoint, and 20,000 more.
HALF = full_or(20_000, 256)
ROWS = Rows((0, 200), (205, 245), 250)


def lesson(run: Path, config: Any, *, data: Panel | None = None, seed: int = 0, rows: Rows = ROWS) -> Lesson:
    seen = (panel() if data is None else data).head(rows.test_start)
    return Lesson(Market.of(seen, TRAIN_ENV), rows, TRAIN_ENV, config, Slot.below(run, 0, seed))


def never() -> bool:
    return False


def after(looks: int) -> Callable[[], bool]:
    """Asks to stop at the n-th rollout start."""
    seen = 0

    def stop() -> bool:
        nonlocal seen
        seen += 1
        return seen > looks

    return stop


def done(place: Lesson, stop: Callable[[], bool] = never) -> dict[str, Any]:
    return run_lesson(place, lambda row: None, stop)


def test_the_same_seed_gives_the_same_policy_and_another_seed_another(tmp_path: Path) -> None:
    config = train_config()
    first, again = (done(lesson(tmp_path / name, config)) for name in "ab")
    other = done(lesson(tmp_path / "c", config, seed=1))
    assert first["status"] == "done"
    assert first == again
    assert other["policy_sha"] != first["policy_sha"]


@pytest.mark.parametrize(("algo", "rollout"), [("ppo", 4 * 16), ("sac", 4)])
def test_a_run_that_was_stopped_and_went_on_is_the_straight_one(
    algo: str, rollout: int, tmp_path: Path
) -> None:
    config = train_config(algo, steps=HALF * 2)
    straight = done(lesson(tmp_path / "straight", config))
    halted = lesson(tmp_path / "halted", config)
    assert done(halted, after(-(-HALF // rollout)))["status"] == "interrupted"
    half = checkpoint.latest(halted.checkpoints)
    assert half is not None
    assert HALF <= half.steps < HALF + rollout
    assert done(halted) == straight
    ends = [checkpoint.latest(lesson(tmp_path / name, config).checkpoints) for name in ("straight", "halted")]
    assert [end.steps for end in ends if end] == [straight["steps"]] * 2
    arrays = [end.arrays() for end in ends if end]
    assert arrays[0].keys() == arrays[1].keys()
    for name in arrays[0]:
        assert arrays[0][name].tobytes() == arrays[1][name].tobytes(), name


def test_a_finished_run_is_not_done_again(tmp_path: Path) -> None:
    place = lesson(tmp_path, train_config())
    found = done(place)
    (place.folder / "policy.safetensors").unlink()
    assert done(place) == found
    assert not (place.folder / "policy.safetensors").exists()


def changed_from(data: Panel, row: int) -> Panel:
    """The same prices before a row, noise from it on."""
    closes = data["close"].copy()
    closes[row:] *= np.exp(np.random.default_rng(9).normal(0, 0.05, closes[row:].shape))
    return Panel({"close": closes}, data.time, data.instruments, periods_per_year=252.0)


def test_what_comes_after_training_changes_no_weight(tmp_path: Path) -> None:
    # One validation, at the end: nothing is chosen by it, so the policy depends on the training rows alone.
    config = train_config(eval_points=1)
    known = done(lesson(tmp_path / "a", config))
    other = done(lesson(tmp_path / "b", config, data=changed_from(panel(), ROWS.train[1])))
    assert other["policy_sha"] == known["policy_sha"]
    assert other["validations"] != known["validations"]
    within = done(lesson(tmp_path / "c", config, data=changed_from(panel(), ROWS.train[1] - 50)))
    assert within["policy_sha"] != known["policy_sha"]


def test_rows_of_the_test_segment_are_refused() -> None:
    market = Market.of(panel().head(ROWS.test_start + 1), TRAIN_ENV)
    with pytest.raises(DataError, match="expected the 250 rows before the test segment, got 251"):
        Lesson(market, ROWS, TRAIN_ENV, train_config(), Slot.below(Path("x"), 0, 0))


def test_steps_far_too_long_end_as_diverged(tmp_path: Path) -> None:
    wild = train_config(overrides={"n_steps": 16, "batch_size": 32, "n_epochs": 2, "learning_rate": 1e30})
    place = lesson(tmp_path, wild)
    found = done(place)
    assert found["status"] == "diverged"
    assert found["steps"] < wild.steps
    assert "policy_sha" not in found
    assert not (place.folder / "policy.json").exists()


def test_a_run_that_diverges_keeps_its_last_good_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models: list[Any] = []
    fresh = Lesson.learner

    def remembered(self: Lesson) -> Any:
        models.append(fresh(self))
        return models[-1]

    monkeypatch.setattr(Lesson, "learner", remembered)
    late = after(5)

    def poison() -> bool:
        if late():
            next(models[0].policy.parameters()).data.fill_(float("nan"))
        return False

    place = lesson(tmp_path, train_config())
    found = done(place, poison)
    assert found["status"] == "diverged"
    assert len(found["validations"]) == 2
    kept = checkpoint.latest(place.checkpoints)
    assert kept is not None
    assert kept.steps == found["validations"][-1][0] < found["steps"]
    weights = [value for name, value in kept.arrays().items() if name.startswith("learner/weights")]
    assert all(np.isfinite(value).all() for value in weights)


def test_progress_is_written_and_told(tmp_path: Path) -> None:
    told: list[dict[str, Any]] = []
    place = lesson(tmp_path, train_config())
    found = run_lesson(place, told.append, never)
    rows = read_rows(place.folder / "progress.csv")
    assert len(rows) == len(told) > 3
    assert [int(row["steps"]) for row in rows] == [row["steps"] for row in told]
    validated = [
        [int(row["steps"]), float(row["validation_sharpe"])] for row in rows if row["validation_sharpe"]
    ]
    assert validated == found["validations"]
    assert all(float(row["fps"]) > 0 for row in rows)
    assert any(row["approx_kl"] for row in rows)


def test_the_best_validation_is_deployed(tmp_path: Path) -> None:
    place = lesson(tmp_path, train_config())
    found = done(place)
    sharpes = dict(found["validations"])
    assert found["best"]["sharpe"] == max(sharpes.values())
    assert found["best"]["steps"] == min(k for k, v in sharpes.items() if v == found["best"]["sharpe"])
    kept = checkpoint.read(place.checkpoints / f"step-{found['best']['steps']:012d}.json")
    assert kept.notes["best"] == found["best"]


def test_a_replay_buffer_no_checkpoint_could_hold_is_refused(tmp_path: Path) -> None:
    config = train_config("sac", overrides={"buffer_size": 8_000_000})
    with pytest.raises(ConfigError, match="buffer_size: the replay buffer takes"):
        lesson(tmp_path, config).learner()


def test_cuda_by_name_needs_a_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(ConfigError, match="there is no CUDA device"):
        lesson(tmp_path, train_config(device="cuda")).learner()
    assert lesson(tmp_path, train_config(net="vgg")).learner().device.type == "cpu"


def test_too_few_training_rows_say_how_many_are_needed(tmp_path: Path) -> None:
    rows = Rows((0, 25), (205, 245), 250)
    with pytest.raises(DataError, match="25"):
        lesson(tmp_path, train_config(), rows=rows).learner()
