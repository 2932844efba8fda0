"""Every policy of a fold led through its test segment, beside its own frozen, shuffled and noisy twins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from quantrl.agents.sharpe_portfolio.evaluation.controls import (
    Floats,
    Shown,
    block_permutation,
    mean_weights,
    noise_actions,
)
from quantrl.backtest import Schedule
from quantrl.envs import Market, PortfolioConfig, rollouts
from quantrl.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from quantrl.backtest import Fold


class Policy(Protocol):
    """Observations in, actions out, deterministic."""

    def act(self, obs: Floats, /) -> Floats:
        """(B, D) to (B, K + 1)."""
        ...


@dataclass(frozen=True, eq=False)
class FoldWalk:
    """Targets of S seeds at the R decisions of one test segment; weights are without cash.

    Attributes
    ----------
    fold : Fold
    rows : (R,) int64
        Panel rows that were decided after.
    seeds : tuple of int
    agent, frozen : (S, R, N) float64
    validation : (S, N) float64
        Mean weights over the validation segment.
    actions : (S, R, N + 1) float32
    shuffled, noise : (draws, R, N) float64
        Means over the seeds: what an ensemble would hold.
    """

    fold: Fold
    rows: IntArray
    seeds: tuple[int, ...]
    agent: FloatArray
    frozen: FloatArray
    validation: FloatArray
    actions: Floats
    shuffled: FloatArray
    noise: FloatArray

    def schedule(self, targets: FloatArray) -> Schedule:
        """Targets (R, N), or the same (N,) at every decision."""
        return Schedule(self.rows, np.broadcast_to(targets, (len(self.rows), targets.shape[-1])))

    @property
    def ensemble(self) -> FloatArray:
        """(R, N) what is deployed: the mean of the seeds' targets."""
        mean: FloatArray = self.agent.mean(axis=0)
        return mean


def walk_fold(
    market: Market,
    config: PortfolioConfig,
    fold: Fold,
    policies: Mapping[int, Policy],
    *,
    draws: int,
    seed: int,
    tick: Callable[[], None] = lambda: None,
) -> FoldWalk:
    """Lead the policies of one fold through its test segment.

    Parameters
    ----------
    market, config
        `config` with fixed assets.
    fold : Fold
    policies : mapping of int to Policy
        By seed.
    draws : int
        Shuffles, and draws of noise; at least 1.
    seed : int
        Of the controls.
    tick : callable
        Called after each policy.
    """
    start, stop = fold.test
    maps = [block_permutation(start, stop, seed=seed, fold=fold.index, draw=d) for d in range(draws)]
    shown, walks = np.stack(maps), []
    shuffled = noise = np.zeros(())
    for number, policy in policies.items():
        walk, by_shuffle = _walk(market, config, fold, policy, shown)
        walks.append(walk)
        shuffled = shuffled + by_shuffle / len(policies)
        noise = noise + _noise(market, config, fold, walk.actions, draws, (seed, number)) / len(policies)
        tick()
    agent, frozen, validation, actions = (np.stack(part) for part in zip(*map(astuple, walks), strict=True))
    rows = start + config.decision_every * np.arange(agent.shape[1], dtype=np.int64)
    seeds = tuple(policies)
    return FoldWalk(fold, rows, seeds, agent, frozen, validation, actions, shuffled, noise)


def corner_targets(market: Market, config: PortfolioConfig, fold: Fold, actions: Floats) -> FloatArray:
    """Targets (C, R, N) of C constant actions (C, N + 1) over the test segment of a fold."""
    lean = config.replace(obs="index")
    found = rollouts(market, lean, lambda obs: actions, len(actions), *fold.test)
    return np.stack([rollout.targets for rollout in found])


@dataclass(frozen=True, eq=False)
class _Walk:
    agent: FloatArray
    frozen: FloatArray
    validation: FloatArray
    actions: Floats


def _walk(
    market: Market, config: PortfolioConfig, fold: Fold, policy: Policy, shown: IntArray
) -> tuple[_Walk, FloatArray]:
    edit = Shown(market, config, fold.test[0], shown)
    agent, frozen, *shuffled = rollouts(market, config, policy.act, edit.n, *fold.test, edit_obs=edit)
    (validated,) = rollouts(market, config, policy.act, 1, *fold.validation)
    walk = _Walk(agent.targets, frozen.targets, mean_weights(validated.targets), agent.actions)
    return walk, np.stack([rollout.targets for rollout in shuffled])


def _noise(
    market: Market, config: PortfolioConfig, fold: Fold, actions: Floats, draws: int, key: tuple[int, int]
) -> FloatArray:
    given = iter(noise_actions(config, actions, draws, seed=key[0], stream=key[1], fold=fold.index))
    lean = config.replace(obs="index")
    found = rollouts(market, lean, lambda obs: next(given), draws, *fold.test)
    return np.stack([rollout.targets for rollout in found])
