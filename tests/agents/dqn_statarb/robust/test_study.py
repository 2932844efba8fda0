from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("sb3_contrib")

from quantrl.agents.dqn_statarb import StatArbTrain
from quantrl.agents.dqn_statarb.policy import load_policy
from quantrl.agents.dqn_statarb.robust import Box
from quantrl.agents.dqn_statarb.robust.page import page
from quantrl.agents.dqn_statarb.robust.study import AGENTS, RESULTS, robust_study
from quantrl.envs import PairConfig

PAIR = PairConfig.books(cost=0.2, kappa_dt=0.2, episode_len=64)
TRAIN = StatArbTrain(
    steps=512, seeds=2, n_envs=16, batch=32, buffer=512, learning_starts=64, eval_points=1, net=(8,), jobs=1
)
BOX = Box(low=(1.0, 0.5, 0.0, 1.0, 0.5), high=(1.0, 2.0, 0.0, 1.0, 1.0))
HOW = {"box": BOX, "rounds": 2, "inner": 2, "n_each": 2, "decisions": 16, "quiet": True}


def test_a_study_trains_four_agents_and_goes_on_where_it_was(tmp_path: Path) -> None:
    said: list[str] = []
    results = robust_study(PAIR, TRAIN, out=tmp_path / "s", root=tmp_path, say=said.append, **HOW)
    assert list(results["agents"]) == list(AGENTS)
    assert {name for name in said if name.startswith("training")} == {
        "training round0", "training round1", "training random", "training corner",
    }  # fmt: skip
    points = len(results["theta"]["fee_mult"])
    assert points == 1 + 4 + 2
    assert all(len(results["agents"][name]["ratio"]) == points for name in AGENTS)
    assert json.loads((tmp_path / "s" / RESULTS).read_text()) == results
    text = page(results)
    assert page(json.loads((tmp_path / "s" / RESULTS).read_text())) == text
    assert "The box: spread_mult 0.5 to 2, vol_mult 0.5 to 1." in text
    assert "| iwocs |" in text
    assert text.count("\n| ") == 1 + 4 + 1 + 5 + 1 + len(results["rounds"])

    whole = load_policy(tmp_path / "s" / "iwocs" / "seed0")
    obs = np.clip(np.random.default_rng(0).normal(size=(50, len(whole.names))), -5, 5).astype(np.float32)
    each = [
        load_policy(tmp_path / "s" / f"round{i}" / "folds" / "0" / "seed0").values(obs)
        for i in range(len(whole.spec["members"]))
    ]
    assert np.allclose(whole.values(obs), np.min(each, axis=0), atol=2e-6)

    trained = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("progress.csv")}
    assert robust_study(PAIR, TRAIN, out=tmp_path / "s", root=tmp_path, **HOW) == results
    assert all(path.stat().st_mtime_ns == when for path, when in trained.items())
