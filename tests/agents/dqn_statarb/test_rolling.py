"""Retraining as sessions go by: what each window may see, a trial line each, and three answers on the same sessions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("sb3_contrib")

from envs.pair import books
from quantrl.agents.dqn_statarb import StatArbTrain
from quantrl.agents.dqn_statarb.adapt import ANSWERS, DriftWatch
from quantrl.agents.dqn_statarb.rolling import rolling_study, rolling_windows
from quantrl.agents.dqn_statarb.rolling.page import page
from quantrl.agents.dqn_statarb.rolling.study import StandingDown
from quantrl.agents.dqn_statarb.train import train_pair
from quantrl.envs import PairConfig
from quantrl.envs.pair import PairBatch
from quantrl.envs.pair.recorded import tape_of
from quantrl.errors import ConfigError, DataError
from quantrl.runs import TrialLedger

SECONDS, NIGHT = 60, 8 * 3600 * 10**9
TINY = StatArbTrain(
    steps=320, seeds=1, n_envs=16, batch=32, learning_starts=64, buffer=1_000, eval_points=1, net=(8,), jobs=1
)


def four_sessions(folder: Path) -> tuple[Path, Path]:
    """The made-up pair with three nights in it."""
    paths = []
    for i, leg in enumerate(books.made_columns(seconds=4 * SECONDS)):
        nights = np.clip((leg["ts"] - books.START) // (SECONDS * 10**9), 0, 3) * NIGHT
        moved = {**leg, "ts": leg["ts"] + nights, "received": leg["received"] + nights}
        paths.append(books.write(moved, folder / f"{i}.qev", f"L{i}", tick="0.01", lot="1"))
    return paths[0], paths[1]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> PairConfig:
    files = four_sessions(tmp_path_factory.mktemp("sessions"))
    return PairConfig.replay(files, books.FACTS, dt=0.5, window=6, episode_len=30, notional=20_000.0)


def test_each_window_is_one_session_further(pair: PairConfig) -> None:
    runs = tape_of(pair).runs((0.0, 1.0))
    assert len(runs) == 4
    found = rolling_windows(pair, 1)
    assert len(found) == 2
    for first, window in enumerate(found):
        for place, segment in enumerate(("train", "validate", "test")):
            assert tape_of(pair).runs(window.replace(segment=segment).shares) == [runs[first + place]]
    [both] = rolling_windows(pair, 2)
    assert tape_of(pair).runs(both.shares) == runs[:2]
    assert runs[1][0] - runs[0][1] >= 4 * 6  # what is purged
    with pytest.raises(DataError, match="expected at least 5 sessions to train on 3, .* got 4"):
        rolling_windows(pair, 3)
    with pytest.raises(ConfigError, match="sessions: expected at least 1, got 0"):
        rolling_windows(pair, 0)
    with pytest.raises(ConfigError, match="expected replay"):
        rolling_windows(PairConfig.ou(), 1)
    with pytest.raises(ConfigError, match="split must rise within span, 0.6 to 1"):
        pair.replace(span=(0.6, 1.0))


def test_every_retrain_is_a_trial_and_the_answers_lie_side_by_side(pair: PairConfig, tmp_path: Path) -> None:
    said: list[str] = []
    how: dict[str, Any] = {"sessions": 1, "out": tmp_path / "s", "root": tmp_path, "quiet": True}
    results = rolling_study(pair, TINY, **how, say=said.append)
    assert said == ["window 1 of 2", "window 2 of 2"]
    lines = TrialLedger(tmp_path).read()
    assert [line.status for line in lines] == ["started", "done"] * 2
    assert len({line.data_id for line in lines}) == 2
    assert json.loads((tmp_path / "s" / "rolling.json").read_text()) == results
    first, second = results["windows"]
    # Nothing was retrained before the first session that is judged.
    assert first["net"]["retrain"] == first["net"]["ignore"]
    for name in ANSWERS:
        row = results["answers"][name]
        total = first["net"][name] + second["net"][name]
        assert row["net"] * results["hours"] == pytest.approx(total, abs=1e-9)
        gap = row["net"] - results["answers"]["ignore"]["net"]
        assert row["difference"]["net"] == pytest.approx(gap, abs=1e-9)
    text = page(results)
    assert text.count("\n| stand_down | ") == 1
    assert [line.split()[1] for line in text.splitlines()[-2:]] == ["0", "1"]
    trained = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("progress.csv")}
    assert rolling_study(pair, TINY, **how) == results
    assert all(path.stat().st_mtime_ns == when for path, when in trained.items())


def test_from_an_alarm_on_only_flat_is_shown_as_legal() -> None:
    class Long:
        """Long where it may be."""

        def act(self, obs: np.ndarray) -> np.ndarray:
            return np.where(obs[:, -1] > 0.5, 2, 1)

    batch = PairBatch(PairConfig.ou(), n_envs=2, seed=1)
    obs = batch.reset().copy()
    standing = StandingDown(Long(), DriftWatch(0.9, 1.0, answer="stand_down"))  # type: ignore[arg-type]
    chosen = []
    for _ in range(300):
        obs[:, 0] = 4.0
        chosen.append(standing.choose(batch, obs).tolist())
    assert standing.alarm is not None
    assert 5 < standing.alarm < 200
    assert chosen[: standing.alarm] == [[2, 2]] * standing.alarm
    assert chosen[standing.alarm :] == [[1, 1]] * (300 - standing.alarm)
    assert (obs[:, batch.layout.legal] == 1.0).all()


def test_standing_down_asks_for_flat_in_either_style(pair: PairConfig) -> None:
    """Of six actions the two that ask for no position; the short one at rest is not among them."""
    seen: list[np.ndarray] = []

    class Watched:
        def act(self, obs: np.ndarray) -> np.ndarray:
            seen.append(obs[0, -6:].copy())
            return np.ones(len(obs), dtype=np.int64)

    batch = PairBatch(pair.replace(styles=2), n_envs=1, seed=1, mode="evaluate")
    obs = batch.reset().copy()
    standing = StandingDown(Watched(), DriftWatch(0.9, 1.0, answer="stand_down"))  # type: ignore[arg-type]
    for _ in range(200):
        obs[:, batch.layout.at("z")] = 4.0
        standing.choose(batch, obs)
    assert seen[-1].tolist() == [0.0, 1.0, 0.0, 0.0, 1.0, 0.0]


def test_a_warm_window_begins_with_the_networks_of_the_one_before(pair: PairConfig, tmp_path: Path) -> None:
    first, second = rolling_windows(pair, 1)
    # Without an update a window delivers what it began with.
    still = TINY.replace(learning_starts=10_000)
    before = train_pair(first, TINY, root=tmp_path, quiet=True)
    cold = train_pair(second, still, root=tmp_path, quiet=True)
    warm = train_pair(
        second, still.replace(warm=True), after=before.path, out=tmp_path / "warm", root=tmp_path, quiet=True
    )
    trained, fresh, begun = (run.policy(0).spec["sha256"] for run in (before, cold, warm))
    assert begun == trained != fresh
    assert warm.manifest["after"] == str(before.path)
    assert warm.manifest["id"] != cold.manifest["id"]
    with pytest.raises(DataError, match="trunk.0.weight: expected numbers of shape .* to begin from"):
        train_pair(second, still.replace(warm=True, net=(4,)), after=before.path, root=tmp_path, quiet=True)
    with pytest.raises(ConfigError, match=r"train.warm: .* preset rolling"):
        train_pair(second, still.replace(warm=True), root=tmp_path, quiet=True)


def test_a_warm_study_hands_networks_on(pair: PairConfig, tmp_path: Path) -> None:
    how: dict[str, Any] = {"sessions": 1, "out": tmp_path / "s", "root": tmp_path, "quiet": True}
    results = rolling_study(pair, TINY.replace(warm=True), **how)
    afters = [
        json.loads((tmp_path / "s" / f"window{i}" / "manifest.json").read_text())["after"] for i in (0, 1)
    ]
    assert afters == [None, str(tmp_path / "s" / "window0")]
    assert "from the networks of the window before" in page(results)
    assert rolling_study(pair, TINY.replace(warm=True), **how) == results
