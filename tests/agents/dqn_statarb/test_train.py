"""A training from settings to a run folder: the same everywhere, resumable, honest about what went wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("sb3_contrib")

from quantrl.agents._training import checkpoint
from quantrl.agents._training.log import read_rows
from quantrl.agents._training.loop import one_thread, run_lesson
from quantrl.agents._training.slot import Slot
from quantrl.agents.dqn_statarb import DqnStatArb, StatArbTrain
from quantrl.agents.dqn_statarb.algos import make_learner
from quantrl.agents.dqn_statarb.lesson import Lesson
from quantrl.agents.dqn_statarb.train import ready, resume
from quantrl.envs import PairConfig, make_vec_env
from quantrl.errors import ConfigError, RunError
from quantrl.runs import TrialLedger

PAIR = PairConfig.ou(cost=0.2, episode_len=40)
TINY = {
    "steps": 640,
    "n_envs": 16,
    "batch": 32,
    "learning_starts": 64,
    "buffer": 2_000,
    "eval_points": 2,
    "net": (8,),
}


@pytest.fixture(autouse=True)
def _short_validations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quantrl.agents.dqn_statarb.lesson.VALIDATION", 8)


def lesson(place: Path, **settings: Any) -> Lesson:
    train = StatArbTrain(**{**TINY, **settings})
    return Lesson(ready(PAIR, train), train, Slot.below(place, 0, 3))


def never() -> bool:
    return False


@pytest.mark.parametrize(
    "settings",
    [{}, {"algo": "dqn", "n_steps": 3}, {"algo": "qr"}, {"explore": "noisy"}, {"algo": "ddqn_all"}],
    ids=["ddqn", "dqn, 3 steps", "qr", "noisy", "all actions"],
)
def test_a_run_that_was_halted_ends_as_one_that_was_not(tmp_path: Path, settings: dict[str, Any]) -> None:
    straight = run_lesson(lesson(tmp_path / "a", **settings), lambda row: None, never)
    halts = iter([False] * 12 + [True] + [False] * 1000)
    first = run_lesson(lesson(tmp_path / "b", **settings), lambda row: None, lambda: next(halts))
    assert first["status"] == "interrupted"
    assert 0 < first["steps"] < 640
    second = run_lesson(lesson(tmp_path / "b", **settings), lambda row: None, never)
    assert straight["status"] == second["status"] == "done"
    assert straight["policy_sha"] == second["policy_sha"]
    assert straight["validations"] == second["validations"]


def test_progress_has_what_is_shown(tmp_path: Path) -> None:
    place = lesson(tmp_path)
    told: list[dict[str, Any]] = []
    run_lesson(place, told.append, never)
    rows = read_rows(place.folder / "progress.csv")
    assert len(rows) == len(told)
    shown = [row for row in told if row["validation_value"] is not None]
    assert [row["steps"] for row in shown][-1] == 640
    for name in ("validation_ratio", "exploration", "td_sd", "q_max", "fps"):
        assert shown[-1][name] is not None, name
    assert shown[-1]["exploration"] == pytest.approx(0.05)


def test_values_that_run_away_end_the_run_and_keep_the_last_good_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = lesson(tmp_path)
    sound = iter([True] * 25)
    monkeypatch.setattr(Lesson, "sound", lambda self, model: next(sound, False))
    found = run_lesson(place, lambda row: None, never)
    assert found["status"] == "diverged"
    assert checkpoint.latest(place.checkpoints) is not None
    assert not (place.folder / "policy.json").exists()
    assert json.loads((place.folder / "result.json").read_text())["status"] == "diverged"


def test_a_learner_is_sound_up_to_a_hundred_units_a_decision(tmp_path: Path) -> None:
    place = lesson(tmp_path)
    model: Any = place.learner()
    model.q_max = 100.0 * 40
    assert place.sound(model)
    model.q_max += 1.0
    assert not place.sound(model)


def test_processes_train_the_same_and_a_finished_run_is_not_trained_again(tmp_path: Path) -> None:
    train = StatArbTrain(**{**TINY, "seeds": 2, "eval_points": 1})
    shas = []
    for name, options in (("a", {"jobs": 1}), ("b", {"jobs": 2, "executor": "processes"})):
        run = DqnStatArb.train(PAIR, train.replace(**options), out=tmp_path / name, root=tmp_path, quiet=True)
        assert run.manifest["status"] == "done"
        shas.append([row["policy_sha"] for row in run.manifest["runs"]])
        assert DqnStatArb.train(PAIR, train, out=tmp_path / name, root=tmp_path, quiet=True).path == run.path
    assert shas[0] == shas[1]
    assert len(set(shas[0])) == 2
    deployed = run.policy()
    obs = make_vec_env(PAIR, n_envs=8, seed=1).reset()
    each = [run.policy(seed).values(obs) for seed in (0, 1)]
    assert np.allclose(deployed.values(obs), np.mean(each, axis=0), atol=1e-6)
    lines = TrialLedger(tmp_path).read()
    assert [line.status for line in lines] == ["started", "started", "done", "done"] * 2
    assert {line.family for line in lines} == {"dqn_statarb"}
    assert len({line.key for line in lines}) == 2


def test_ctrl_c_and_resume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from quantrl.agents._training import run as running

    train = StatArbTrain(**{**TINY, "seeds": 1, "jobs": 1})

    def interrupted(*args: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(running, "_train", interrupted)
        with pytest.raises(KeyboardInterrupt):
            DqnStatArb.train(PAIR, train, out=tmp_path / "run", root=tmp_path, quiet=True)
    assert json.loads((tmp_path / "run/manifest.json").read_text())["status"] == "interrupted"
    run = resume(tmp_path / "run", root=tmp_path, quiet=True)
    assert run.manifest["status"] == "done"
    with pytest.raises(RunError, match="holds the run"):
        DqnStatArb.train(PAIR.replace(cost=0.3), train, out=tmp_path / "run", root=tmp_path, quiet=True)


def test_the_buffer_holds_what_happened_and_ends_are_told_apart() -> None:
    """Rows as an independent record has them; a truncation bootstraps, a termination does not."""
    with one_thread():
        env = make_vec_env(PAIR.replace(ruin=5.0), n_envs=16, seed=2, threads=1)
        model: Any = make_learner(
            StatArbTrain(**{**TINY, "steps": 1_600, "learning_starts": 10**6}), env, seed=2
        )
        record: list[tuple[Any, ...]] = []
        plain = env.step_wait

        def recorded() -> Any:
            before, acted = model._last_obs.copy(), env._actions.copy()
            obs, rewards, dones, infos = plain()
            after = obs.copy()
            for i in np.flatnonzero(dones):
                after[i] = infos[i]["terminal_observation"]
            late = np.array([info.get("TimeLimit.truncated", False) for info in infos])
            record.append((before, acted, rewards.copy(), after, dones.copy(), late))
            return obs, rewards, dones, infos

        env.step_wait = recorded
        model.learn(1_600, log_interval=None)
    buffer = model.replay_buffer
    assert buffer.size() == len(record) == 100
    for row, (before, acted, rewards, after, dones, late) in enumerate(record):
        assert np.array_equal(buffer.observations[row], before)
        assert np.array_equal(buffer.actions[row, :, 0], acted)
        assert np.array_equal(buffer.rewards[row], rewards)
        assert np.array_equal(buffer.next_observations[row], after)
        assert np.array_equal(buffer.dones[row].astype(bool), dones)
        assert np.array_equal(buffer.timeouts[row].astype(bool), late)
    ends, late = buffer.dones[:100].astype(bool), buffer.timeouts[:100].astype(bool)
    assert (ends & late).any()
    assert (ends & ~late).any()
    sample = buffer._get_samples(np.arange(100))
    assert set(np.unique(sample.dones.numpy())) <= {0.0, 1.0}
    # SB3 picks one environment a row: whichever it is, only terminations count as done.
    assert sample.dones.sum() <= (ends & ~late).sum()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"algo": "sac"}, "train.algo"),
        ({"explore": "greedy"}, "train.explore"),
        ({"surprise": 1}, "train.surprise: unknown key"),
        ({"steps": 0}, "train.steps"),
    ],
)
def test_settings_out_of_range_are_refused_by_name(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        StatArbTrain(**settings)


def test_a_discount_must_see_two_reversions_ahead() -> None:
    assert StatArbTrain().discount(PAIR) == pytest.approx(0.995)
    assert StatArbTrain().discount(PairConfig.ou(kappa_dt=0.2)) == pytest.approx(0.95)
    with pytest.raises(ConfigError, match="train.gamma: expected at least 0.99"):
        StatArbTrain(gamma=0.98).discount(PAIR)


def test_a_replay_buffer_fits_a_checkpoint() -> None:
    assert StatArbTrain().kept(PAIR) == 500_000
    assert StatArbTrain().kept(PAIR.replace(features="full")) < 500_000
