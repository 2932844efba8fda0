"""The study of ways to explore: resumable, pooled over seeds, with a page; and what trainings say against themselves."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("sb3_contrib")

from quantrl.agents._training.slot import Slot
from quantrl.agents.dqn_statarb import StatArbTrain
from quantrl.agents.dqn_statarb.doubts import doubts
from quantrl.agents.dqn_statarb.explore import EXPLORERS
from quantrl.agents.dqn_statarb.exploring import exploration_study
from quantrl.agents.dqn_statarb.exploring.page import page
from quantrl.agents.dqn_statarb.lesson import COLUMNS
from quantrl.agents.dqn_statarb.train import TrainRun
from quantrl.envs import PairConfig
from quantrl.errors import ConfigError

PAIR = PairConfig.ou(cost=0.2, kappa_dt=0.2, episode_len=40)
TRAIN = StatArbTrain(
    steps=320, seeds=2, n_envs=16, batch=32, buffer=512, learning_starts=64, eval_points=2, net=(8,), jobs=1
)
PATHS: dict[str, Any] = {"n_envs": 4, "decisions": 16, "quiet": True}


@pytest.fixture(autouse=True)
def _short_validations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quantrl.agents.dqn_statarb.lesson.VALIDATION", 8)
    monkeypatch.setattr("quantrl.agents.dqn_statarb.linear.DECISIONS", 64)


def test_a_study_goes_on_where_it_was_and_pools_seeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    def stop_at_noisy(note: str) -> None:
        said.append(note)
        if note == "training noisy":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exploration_study(PAIR, TRAIN, out=tmp_path / "s", root=tmp_path, say=stop_at_noisy, **PATHS)
    assert said == [f"training {name}" for name in EXPLORERS]
    assert not (tmp_path / "s" / "explore.json").exists()
    trained = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("progress.csv")}
    assert len(trained) == 4
    results = exploration_study(PAIR, TRAIN, out=tmp_path / "s", root=tmp_path, **PATHS)
    assert all(path.stat().st_mtime_ns == when for path, when in trained.items())
    assert json.loads((tmp_path / "s" / "explore.json").read_text()) == results
    for name in EXPLORERS:
        row = results["explorers"][name]
        run = TrainRun(tmp_path / "s" / name, tmp_path)
        assert run.manifest["train"]["explore"] == name
        with (Slot.below(run.path, 0, 1).folder / "progress.csv").open() as file:
            shares = [
                float(line["validation_ratio"]) for line in csv.DictReader(file) if line["validation_ratio"]
            ]
        assert len(shares) == TRAIN.eval_points
        assert row["area"]["seeds"][1] == pytest.approx(np.mean(shares))
        assert row["final"]["low"] <= row["final"]["iqm"] <= row["final"]["high"]
        judged = json.loads((run.path / "results.json").read_text())
        assert row["final"]["seeds"] == [one["ratio"] for one in judged["seeds"]]
    text = page(results)
    assert [line.split(" ")[1] for line in text.splitlines()[-3:]] == list(EXPLORERS)


@pytest.mark.parametrize(
    "pair",
    [PairConfig.ou(kappa_dt=0.0, step_sd=0.2), PairConfig.ou(objective="cvar")],
    ids=["walk", "sessions"],
)
def test_without_an_optimum_there_is_no_share(pair: PairConfig, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected a simulated spread that reverts"):
        exploration_study(pair, TRAIN, root=tmp_path, **PATHS)


def test_noisy_targets_are_doubted_while_they_are_early(tmp_path: Path) -> None:
    train = StatArbTrain(n_envs=100, gradient_steps=4, learning_starts=1_000)
    late = 1_000 + 100 * 5_000  # after 20,000 updates
    cases = {
        0: [(500, ""), (2_000, 0.29)],
        1: [(2_000, 0.31), (4_000, 0.2)],
        2: [(late + 400, 0.9)],
        3: [(late, 0.5)],
    }
    for seed, rows in cases.items():
        folder = Slot.below(tmp_path, 0, seed).folder
        folder.mkdir(parents=True)
        with (folder / "progress.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, ["steps", *COLUMNS])
            writer.writeheader()
            writer.writerows({"steps": steps, "td_sd": noise} for steps, noise in rows)
    found = doubts(tmp_path, train, [*cases, 9])
    assert [text.partition(":")[0] for text in found] == ["seed 1", "seed 3"]
    assert "0.31 U in the first 20,000 updates, expected at most 0.3" in found[0]


def test_what_is_learned_from_need_not_be_money(tmp_path: Path) -> None:
    """A differential Sharpe ratio is learned; what is judged is money, by networks that are shown its two statistics."""
    from quantrl.agents.dqn_statarb import DqnStatArb

    pair = PAIR.replace(reward="differential_sharpe", venue="books")
    run = DqnStatArb.train(pair, TRAIN.replace(seeds=1), out=tmp_path / "run", root=tmp_path, quiet=True)
    assert run.policy().names[-5:-3] == ("sharpe_mean", "sharpe_root")
    found = run.evaluate(n_envs=4, decisions=16).results
    held = next(row for row in found["baselines"] if row["name"] == "hold_spread")
    plain = PAIR.replace(venue="books")
    from quantrl.agents.dqn_statarb.baselines import BANDS, rule_worth
    from quantrl.agents.dqn_statarb.value import worth

    how = {"n_envs": 4, "decisions": 16, "seed": 5}

    def long(obs: np.ndarray) -> np.ndarray:
        return np.full(len(obs), 2)

    own, known = worth(long, pair, **how), rule_worth(BANDS["hold_spread"], plain, **how)
    assert own.earned == pytest.approx(known.earned, abs=1e-9)
    assert held["cost"] == 0.0
    assert any("TD errors" in doubt for doubt in found["doubts"])
