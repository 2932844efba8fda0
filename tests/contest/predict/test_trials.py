"""Planted skill is found. Small here; ``QUANTRL_GATES=1`` runs the full number of seeds.

Bounds of single seeds and small samples are wider by their standard error.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from contest import trials
from contest.gates.kept import keep
from counts import FULL
from quantrl.contest.evaluate.rank_ic import rank_ic, realised_means
from quantrl.contest.predict.ew import Ew
from quantrl.contest.predict.gate import Gate
from quantrl.contest.predict.momentum import Momentum
from quantrl.contest.predict.ridge5 import Ridge5

BURN = 60
AGENT_SEEDS = range(20) if FULL else range(2)
SOURCE_SEEDS = range(12) if FULL else range(2)
NULL_SEEDS = range(20) if FULL else range(3)


def source_ic(world: trials.Sources, u: np.ndarray) -> float:
    return rank_ic(u[BURN:], realised_means(world.scores, 3)[BURN:], horizon=3).mean


def source_trial(predictor: Any, seeds: range, skill: float = 1.0) -> np.ndarray:
    """Per seed: share of days with the informative, with the inverted, with any source; RankIC."""
    found = []
    for seed in seeds:
        world = trials.planted_sources(seed, skill=skill)
        share, u = trials.chosen_shares(world, predictor, burn=BURN)
        informative = share[list(trials.INFORMATIVE)].mean()
        found.append([informative, share[trials.INVERTED], share.mean(), source_ic(world, u)])
    return np.array(found)


def test_informative_sources_are_read_and_inverted_ones_are_not() -> None:
    found = source_trial(Ew(21), SOURCE_SEEDS)
    slack = 0.0 if FULL else 0.03
    assert found[:, 0].mean() >= 0.80 - slack
    assert found[:, 1].mean() <= 0.02 + slack
    assert found[:, 3].mean() >= 0.35 - slack


def test_without_skill_nothing_is_found() -> None:
    found = source_trial(Ew(21), NULL_SEEDS, skill=0.0)
    error = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    assert abs(found[:, 3].mean()) <= 0.05 + (0.0 if FULL else 2 * error[3])
    gap = found[:, 0] - found[:, 2]
    assert abs(gap.mean()) <= max(2 * gap.std(ddof=1) / np.sqrt(len(gap)), 0.0 if FULL else 0.1)


@pytest.mark.skipif(not FULL, reason="printed in full by make gates ONLY=contest")
@pytest.mark.parametrize("predictor", [Momentum(5), Ridge5(3)], ids=["momentum", "ridge5"])
def test_the_published_window_is_reported(predictor: Any, capsys: pytest.CaptureFixture[str]) -> None:
    found = source_trial(predictor, SOURCE_SEEDS).mean(axis=0)
    with capsys.disabled():
        print(
            f"\n{type(predictor).__name__}: informative {found[0]:.2f}, inverted {found[1]:.2f}, IC {found[3]:.2f}"
        )


def agent_trial() -> np.ndarray:
    """Per seed: net Sharpe ratio of equal weights, `ew`, and `ew` with a null and an informed judge behind the gate."""
    found = []
    for seed in AGENT_SEEDS:
        returns = trials.planted_agents(seed)
        ew = trials.rows(Ew(63).walk(returns))
        gated = [trials.rows(Gate(63).walk(returns, trials.judged(returns, seed, c))) for c in (0.0, 0.2)]
        found.append([trials.sharpe_of(predictions, returns) for predictions in (None, ew, *gated)])
    return np.array(found)


def test_planted_agents() -> None:
    equal, ew, null, informed = agent_trial().T
    shown = {"ew 63 less equal": ew - equal, "null judge": null - ew, "informed judge": informed - ew}
    keep(
        "planted_agents",
        "planted agents, net Sharpe ratio: what ew 63 and judges behind the gate add",
        {name: f"{gap.mean():+.3f}" for name, gap in shown.items()},
        f"0-{AGENT_SEEDS[-1]}",
    )
    error = 0.0 if FULL else (ew - equal).std(ddof=1) / np.sqrt(len(ew))
    assert (ew - equal).mean() >= 0.8 - error
    assert abs((null - ew).mean()) <= 0.03
    assert (informed - ew).mean() >= (0.15 if FULL else 0.05)
