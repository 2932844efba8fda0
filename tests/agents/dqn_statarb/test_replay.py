"""The agent on recorded books: trained on one part, chosen on the next, judged on the last beside rules and luck."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("sb3_contrib")

from envs.pair import books
from quantrl.agents.dqn_statarb import DqnStatArb, StatArbTrain
from quantrl.agents.dqn_statarb.baselines import Rule
from quantrl.agents.dqn_statarb.page import keep, results_page
from quantrl.agents.dqn_statarb.replay.controls import buy_hold
from quantrl.agents.dqn_statarb.replay.judge import Judge
from quantrl.agents.dqn_statarb.replay.rules import fitted, rule_choose
from quantrl.agents.dqn_statarb.replay.trace import Trace, by, trace
from quantrl.envs import PairConfig
from quantrl.envs.pair.recorded import tape_of

TINY = StatArbTrain(
    steps=640, seeds=1, n_envs=16, batch=32, learning_starts=64, buffer=2_000, eval_points=2, net=(8,), jobs=1
)
SETTINGS: dict[str, Any] = {"dt": 0.5, "window": 16, "episode_len": 60, "notional": 20_000.0}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> PairConfig:
    return PairConfig.replay(
        books.made(tmp_path_factory.mktemp("pair"), seconds=300), books.FACTS, **SETTINGS
    )


def test_trained_and_judged_beside_every_baseline(pair: PairConfig, tmp_path: Path) -> None:
    run = DqnStatArb.train(pair, TINY, root=tmp_path, quiet=True)
    assert run.manifest["status"] == "done"
    assert run.manifest["data"]["source"].startswith("recorded one.qev ")
    report = run.evaluate()
    found = report.results
    names = [row["name"] for row in found["baselines"]]
    rules = ["ou_optimal", "gatev", "z_rule", "hold_spread", "flat"]
    assert names == ["random_matched", *rules, "static", "shuffled", "buy_hold", "linear_q"]
    assert found["optimum"] is None
    start, stop = tape_of(pair).runs(pair.replace(segment="test").shares)[0]
    assert found["decisions"] == stop - start - 1
    assert found["hours"] == pytest.approx(found["decisions"] * 0.5 / 3600)
    own = found["deployed"]
    for row in found["baselines"]:
        assert row["difference"]["net"] == pytest.approx(own["net"] - row["net"])
        assert row["difference"]["low"] <= row["difference"]["net"] <= row["difference"]["high"]
    flat = found["baselines"][names.index("flat")]
    assert (flat["net"], flat["cost"], flat["sharpe"]) == (0.0, 0.0, None)
    assert 0.0 <= found["beaten_by"] <= 1.0
    assert json.loads((run.path / "results.json").read_text()) == found
    assert "mechanics only" in str(report.table().caption)
    keep([found], tmp_path / "docs")
    page = (tmp_path / "docs" / "dqn_statarb.md").read_text()
    assert "## Real books: mechanics only" in page
    assert f"| flat | +0.000 (+0.000 to +0.000) | +0.000 |  | 0.0 | {0:.2%} |  |" in page
    assert all(sha[:12] in page for sha in pair.events_sha)
    kept = json.loads((tmp_path / "docs" / "dqn_statarb" / "replay-one-two.json").read_text())
    assert kept == {**found, "pair": {**found["pair"], "events": ["one.qev", "two.qev"]}}
    still = {**found, "deployed": {**found["deployed"], "turnover": 0.0}}
    assert "took no position" in results_page([still])


def test_the_first_leg_alone_is_bought_once_and_marked_at_mid(pair: PairConfig) -> None:
    found = buy_hold(pair, segment="test", n_envs=4)
    [(start, stop)] = tape_of(pair).runs(pair.replace(segment="test").shares)
    bid, ask = (tape_of(pair).rows()["quotes"][[start, stop - 1], 0].astype(float)).T
    mid = 0.5 * (bid + ask)
    paid = (ask[0] - mid[0]) / mid[0] + 1e-4 * ask[0] / mid[0]
    assert found.net.sum() == pytest.approx(((mid[1] - mid[0]) / mid[0] - paid) / pair.s)
    assert found.cost.sum() == pytest.approx(paid / pair.s)
    assert len(found.net) == stop - start - 1


def test_the_test_part_is_not_looked_at_before_it_is_judged(tmp_path: Path) -> None:
    """Noise in the test part leaves the trained policy's bytes as they were."""
    legs, shas = books.made_columns(seconds=300), []
    for place in ("true", "noise"):
        (tmp_path / place).mkdir()
        files = []
        for i, leg in enumerate(legs):
            changed = dict(leg)
            if place == "noise":
                late = leg["received"] > books.START + 240 * 10**9
                changed["qty"] = np.where(late & (leg["qty"] > 0), leg["qty"] + 7, leg["qty"]).astype(
                    np.uint64
                )
                changed["tick"] = leg["tick"] + 300 * late
            files.append(books.write(changed, tmp_path / place / f"{i}.qev", f"L{i}", tick="0.01", lot="1"))
        config = PairConfig.replay(files, books.FACTS, **SETTINGS)
        run = DqnStatArb.train(config, TINY, root=tmp_path / place, quiet=True)
        shas.append(run.policy(0).spec["sha256"])
    assert shas[0] == shas[1]


def test_a_rule_in_python_is_the_native_one(pair: PairConfig) -> None:
    core = pair.replace(features="core")
    place = 0  # z

    def act(obs: np.ndarray) -> np.ndarray:
        z, held = obs[:, place], np.round(obs[:, 2] + obs[:, 4])
        return np.where(z >= 1.0, 0, np.where(z <= -1.0, 2, held + 1)).astype(np.int64)

    ours = trace(by(act), core, segment="train", n_envs=2)
    native = trace(rule_choose(Rule("threshold", (1.0,))), core, segment="train", n_envs=2)
    np.testing.assert_array_equal(ours.net, native.net)
    assert ours.turnover == native.turnover > 0


def test_the_fit_is_of_the_training_part_alone(pair: PairConfig) -> None:
    whole, short = fitted(pair), fitted(pair.replace(split=(0.3, 0.7)))
    assert whole.decisions > short.decisions
    assert fitted(pair.replace(split=(0.5, 0.9))) == whole
    assert 0 < whole.kappa_dt < 1
    assert 0.5 < whole.sd < 2.0
    assert whole.threshold > 0


def test_intervals_of_known_series() -> None:
    draws = np.random.default_rng(1)
    net = draws.normal(0.01, 0.5, 4_000)
    finals = np.array([net.sum()])
    one = Trace(net, np.full(4_000, 0.02), finals, 10.0, 3.0, 3.6e12, 0.0, 0.1)
    two = Trace(net - 0.01, np.zeros(4_000), finals, 0.0, 0.0, 0.0, 0.0, 0.0)
    judge = Judge.of({"one": one, "two": two}, 1.0, seed=0)
    row, gap = judge.row(one), judge.difference(one, two)
    hours = 4_000 / 3_600
    error = 1.96 * net.std() * np.sqrt(4_000) / hours
    assert row["high"] - row["low"] == pytest.approx(2 * error, rel=0.1)
    assert gap == pytest.approx({"net": 36.0, "low": 36.0, "high": 36.0})
    assert row["gross"] == pytest.approx(row["net"] + 72.0)
    assert (row["turnover"], row["legged_share"]) == pytest.approx((10 / hours, 1 / hours))
