"""From simulated order flow to a page: what is shown as simulated, and the rule nobody could know."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("sb3_contrib")

from quantrl.agents.dqn_statarb import DqnStatArb, StatArbTrain
from quantrl.agents.dqn_statarb.baselines import Rule
from quantrl.agents.dqn_statarb.page import keep
from quantrl.agents.dqn_statarb.replay.rules import best_rules, fitted, rule_choose
from quantrl.agents.dqn_statarb.replay.trace import trace
from quantrl.data.events import simulate_pair
from quantrl.envs import PairConfig

TINY = StatArbTrain(
    steps=512, seeds=1, n_envs=16, batch=32, buffer=512, learning_starts=64, eval_points=1, net=(8,), jobs=1
)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> PairConfig:
    made = simulate_pair(tmp_path_factory.mktemp("flow"), seconds=5_000.0, seed=5)
    return PairConfig.replay(made.events, made.facts, dt=5.0, hedge="fixed", window=20, episode_len=64)


def test_a_policy_of_simulated_flow_is_never_said_to_be_of_recorded_books(
    pair: PairConfig, tmp_path: Path
) -> None:
    run = DqnStatArb.train(pair, TINY, root=tmp_path, quiet=True)
    assert run.manifest["venue"] == "flow"
    assert run.manifest["data"]["source"].startswith("simulated flow")
    report = run.evaluate()
    found = report.results
    assert "simulated order flow" in str(report.table().title)
    names = [row["name"] for row in found["baselines"]]
    assert {"best_turn", "best_band", "ou_optimal", "random_matched"} <= set(names)
    keep([found], tmp_path / "docs")
    page = (tmp_path / "docs" / "dqn_statarb.md").read_text()
    assert "## Simulated order flow" in page
    assert "Real books" not in page
    assert (tmp_path / "docs" / "dqn_statarb" / "flow-first-second.json").is_file()
    result = run.policy().backtest(seed=1)
    assert "simulated" in result.flags
    assert "history_does_not_react" in result.flags


def test_the_best_of_the_grid_earns_at_least_what_each_of_it_does(pair: PairConfig) -> None:
    fit = fitted(pair)
    best = best_rules(pair, fit, segment="test", n_envs=2, seed=4)
    nets = {
        name: trace(rule_choose(rule), pair, segment="test", n_envs=2, seed=4).net.sum()
        for name, rule in {
            **best,
            "turn": Rule("threshold", (0.75 * fit.sd,)),
            "band": Rule("band", (1.5 * fit.sd, 0.0, np.inf)),
        }.items()
    }
    assert nets["best_turn"] >= nets["turn"] - 1e-9
    assert nets["best_band"] >= nets["band"] - 1e-9
