"""A random walk has nothing to give: whatever is traded loses its costs, and a learner stops trading."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("sb3_contrib")

from quantrl.agents.dqn_statarb import DqnStatArb, StatArbTrain
from quantrl.agents.dqn_statarb.baselines import Rule, rule_worth
from quantrl.agents.dqn_statarb.value import worth
from quantrl.envs import PairConfig

STEP = 0.2
COST = 0.5


def walk(venue: str) -> PairConfig:
    return PairConfig.of(venue=venue, kappa_dt=0.0, step_sd=STEP, cost=COST)


@pytest.mark.parametrize("venue", ["ou", "books"])
def test_whatever_is_traded_loses_exactly_its_costs(venue: str) -> None:
    """By conditional means exactly; by money made within three standard errors."""
    random = np.random.default_rng(5)

    def anything(obs: np.ndarray) -> np.ndarray:
        return random.integers(0, 3, len(obs))

    for found in (
        worth(anything, walk(venue), n_envs=256, decisions=256, seed=4),
        rule_worth(Rule("band", (2.0, 0.0, np.inf)), walk(venue), n_envs=256, decisions=256, seed=4),
    ):
        assert found.expected == pytest.approx(-found.cost, abs=1e-9)
        assert found.cost > 0
        # Positions of at most 1 on independent steps.
        assert abs(found.earned + found.cost) < 3 * STEP / np.sqrt(256 * 256)


def test_a_learner_stops_trading_and_the_table_says_why(tmp_path: Path) -> None:
    train = StatArbTrain(steps=100_000, gradient_steps=2, seeds=1, eval_points=1, learning_starts=10_000)
    run = DqnStatArb.train(walk("ou"), train, root=tmp_path, quiet=True)
    report = run.evaluate(n_envs=128, decisions=256)
    (own,) = report.results["seeds"]
    assert own["traded"] <= 0.05
    assert own["ratio"] is None
    assert "no edge" in str(report.table().caption)
