"""One policy or rule led through a part of a tape from flat, every decision kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantrl.agents.dqn_statarb.value import Act, Gains, endless
from quantrl.envs import PairConfig
from quantrl.envs.pair import PairBatch
from quantrl.envs.pair.recorded import tape_of
from quantrl.typing import FloatArray, IntArray

Choose = Callable[[PairBatch, NDArray[np.float32]], IntArray]
WHOLE = 10**7 - 1
"""Decisions of an episode that no tape has."""


@dataclass(frozen=True)
class Trace:
    """Means over environments, which meet the same books with latencies of their own.

    Attributes
    ----------
    net, cost : (T,) float64
        Change of wealth, and fees and distance to mid of what was filled, in U a decision.
    finals : (N,) float64
        Net of each environment over the whole part, in U.
    turnover, legged, legged_ns, illegal : float
        Whole positions traded, times the legs came apart, nanoseconds they were, illegal actions.
    traded : float
        Share of decisions that changed the position.
    """

    net: FloatArray
    cost: FloatArray
    finals: FloatArray
    turnover: float
    legged: float
    legged_ns: float
    illegal: float
    traded: float


def by(act: Act) -> Choose:
    """A policy of observations alone."""
    return lambda batch, obs: act(obs)


def trace(
    choose: Choose,
    pair: PairConfig,
    *,
    segment: str,
    n_envs: int = 4,
    seed: int = 0,
    observe: Callable[[NDArray[np.float32], IntArray], None] | None = None,
) -> Trace:
    """Every decision of a part, episodes of whole sessions one after the other, each from flat.

    Parameters
    ----------
    choose : callable
        The batch and observations (N, D) to actions (N,).
    pair : PairConfig
        Of ``replay``.
    segment : {"train", "validate", "test", "all"}
    n_envs, seed : int
        Draws of the latencies.
    observe : callable, optional
        Told every observation and its actions.
    """
    config = endless(pair, WHOLE).replace(segment=segment)
    steps = sum(stop - start - 1 for start, stop in tape_of(config).runs(config.shares))
    batch = PairBatch(config, n_envs=n_envs, seed=seed, threads=1, mode="evaluate")
    obs, place = batch.reset(), batch.layout.at("position")
    net, cost = np.empty((steps, n_envs)), np.empty((steps, n_envs))
    gains = Gains(batch)
    totals, moved = np.zeros((n_envs, len(batch.totals))), 0
    for k in range(steps):
        actions = np.asarray(choose(batch, obs))
        if observe is not None:
            observe(obs, actions)
        before = obs[:, place].copy()
        step = batch.step(actions)
        net[k], cost[k] = gains.of(step), batch.core.truth()[:, 1]
        if len(step.indices):
            # A session ends for all of them at once.
            totals += step.totals
            cost[k] = totals[:, batch.totals.index("cost")] - cost[:k].sum(axis=0)
            moved += int((step.last_obs[:, place] != before).sum())
        else:
            moved += int((step.obs[:, place] != before).sum())
        obs = step.obs
    summed = dict(zip(batch.totals, totals.mean(axis=0).tolist(), strict=True))
    return Trace(
        net=net.mean(axis=1),
        cost=cost.mean(axis=1),
        finals=net.sum(axis=0),
        turnover=summed["turnover"],
        legged=summed["legged"],
        legged_ns=summed["legged_ns"],
        illegal=summed["illegal"],
        traded=moved / net.size,
    )
