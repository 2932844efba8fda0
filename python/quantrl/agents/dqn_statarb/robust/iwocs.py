"""Robust training by worst cases: an agent a round, each trained where the minimum of those before it is weakest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from quantrl.agents._training.slot import Slot
from quantrl.agents.dqn_statarb.config import StatArbTrain
from quantrl.agents.dqn_statarb.export import combine_policies
from quantrl.agents.dqn_statarb.policy import PairPolicy, load_policy
from quantrl.agents.dqn_statarb.robust.box import Box, at
from quantrl.agents.dqn_statarb.robust.rounds import Round, Worst, worst_case_rounds
from quantrl.agents.dqn_statarb.robust.scenarios import Scenarios, scenarios
from quantrl.agents.dqn_statarb.train import TrainRun
from quantrl.envs import PairConfig
from quantrl.envs.pair.config import NOMINAL
from quantrl.rng import generator
from quantrl.typing import FloatArray

MOST_ROUNDS = 6
AGAIN, LONGER = 8, 8
"""So many of the worst points are met again, on paths so many times as long."""

TrainAt = Callable[[PairConfig, str], TrainRun]


def iwocs(
    pair: PairConfig,
    train: StatArbTrain,
    box: Box,
    folder: Path,
    train_at: TrainAt,
    *,
    rounds: int,
    inner: int,
    n_each: int,
    decisions: int,
    seed: int,
) -> list[Round[FloatArray]]:
    """Train round after round until the worst case gains less than two standard errors.

    The policy of a seed acts by the minimum over its networks of all rounds: a pessimist's value of each action. The method
    is sound for uncertainty that is drawn anew at every state and action; a box that holds for an episode is not of that
    kind, so nothing is guaranteed and everything is measured.

    Parameters
    ----------
    pair : PairConfig
    train : StatArbTrain
        Of every round.
    box : Box
    folder : Path
        Gets ``seed<n>``: the policy of each seed.
    train_at : callable
        Trains on a pair under a name; a finished training is not trained again.
    rounds : int
        At most.
    inner, n_each, decisions, seed : int
        Of the search for the worst case: see `Box.points` and `scenarios`.

    Returns
    -------
    list of Round
        Ratios are shares of the optimum, means over seeds; the standard error is that of the paths.

    References
    ----------
    As of `worst_case_rounds`.
    """
    seeds = range(train.seed0, train.seed0 + train.seeds)

    def learn(theta: FloatArray, number: int) -> TrainRun:
        return train_at(at(pair, theta), f"round{number}")

    def search(runs: Sequence[TrainRun], number: int) -> Worst[FloatArray]:
        found = worst_case(
            [_minimum(runs, each, folder / f"seed{each}") for each in seeds],
            pair,
            box.points(inner, seed),
            n_each=n_each,
            decisions=decisions,
            seed=int(generator(seed, number, "check").integers(2**62)),
        )
        return Worst(found.theta[0], float(found.ratio[0]), float(found.ratio_se[0]))

    return worst_case_rounds(np.asarray(NOMINAL), learn, search, most=rounds)


def worst_case(
    policies: Sequence[PairPolicy],
    pair: PairConfig,
    theta: FloatArray,
    *,
    n_each: int,
    decisions: int,
    seed: int,
) -> Scenarios:
    """The point at which the mean over policies is lowest: the first `AGAIN` candidates meet longer, fresh paths."""
    first = pooled(policies, pair, theta, n_each=n_each, decisions=decisions, seed=seed)
    again = first.theta[first.worst(AGAIN)]
    second = pooled(policies, pair, again, n_each=n_each, decisions=decisions * LONGER, seed=seed + 1)
    return second[second.worst(1)]


def pooled(
    policies: Sequence[PairPolicy],
    pair: PairConfig,
    theta: FloatArray,
    *,
    n_each: int,
    decisions: int,
    seed: int,
) -> Scenarios:
    """Means over policies, all on the same paths; the standard error is that of the paths."""
    found = [
        scenarios(policy.act, pair, theta, n_each=n_each, decisions=decisions, seed=seed)
        for policy in policies
    ]
    mean = {
        name: np.mean([getattr(one, name) for one in found], axis=0)
        for name in ("value", "se", "raw", "sharpe")
    }
    return Scenarios(theta=found[0].theta, best=found[0].best, **mean)


def _minimum(runs: Sequence[TrainRun], seed: int, folder: Path) -> PairPolicy:
    """The policy of one seed: the least of its networks' values."""
    sources = [Slot.below(run.path, 0, seed).folder for run in runs]
    combine_policies(sources, folder, combine="min")
    return load_policy(folder)
