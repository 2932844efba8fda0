"""What whole sessions earn: a policy or a rule led from one first stock, or from several side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from quantrl.agents.dqn_statarb.baselines import Rule
from quantrl.agents.dqn_statarb.value import Act
from quantrl.envs import PairConfig
from quantrl.envs.pair import PairBatch
from quantrl.typing import FloatArray, IntArray

Choose = Callable[[list[PairBatch], NDArray[np.float32]], IntArray]
RECORDED_ENVS = 4
"""Environments that meet recorded sessions, each with latencies of its own."""


def by(act: Act) -> Choose:
    """A policy of observations alone."""
    return lambda batches, obs: act(obs)


def by_rule(rule: Rule) -> Choose:
    """A native rule."""

    def choose(batches: list[PairBatch], obs: NDArray[np.float32]) -> IntArray:
        return np.concatenate([one.core.rule_actions(rule.name, list(rule.numbers)) for one in batches])

    return choose


def sessions(
    choose: Choose,
    pair: PairConfig,
    first: Sequence[float] | FloatArray,
    *,
    n: int,
    seed: int,
    segment: str | None = None,
) -> FloatArray:
    """P&L of sessions, (K, n) for K first stocks, all on the same paths, from flat.

    Parameters
    ----------
    choose : callable
        The K batches and their observations (K N, D) to actions (K N,).
    pair : PairConfig
        Of objective ``cvar``.
    first : (K,) float
        First stocks, U.
    n : int
        Sessions from each; on a tape round after round of `RECORDED_ENVS`, which differ in latencies alone.
    seed : int
        Of the paths.
    segment : str, optional
        Part of a tape.
    """
    config = pair if segment is None else pair.replace(segment=segment)
    n_envs = min(n, RECORDED_ENVS) if pair.has_tape else n
    rounds = -(-n // n_envs)
    batches = [
        PairBatch(_from(config, float(c)), n_envs=n_envs, seed=seed, threads=1, mode="evaluate")
        for c in first
    ]
    obs = np.concatenate([batch.reset() for batch in batches])
    found = np.full((len(batches), rounds, n_envs), np.nan)
    ended = np.zeros((len(batches), n_envs), dtype=np.int64)
    pnl = batches[0].totals.index("pnl")
    # Sessions of ruin end early: each is kept by its place, so that rows are of the same paths.
    while ended.min() < rounds:
        actions = np.asarray(choose(batches, obs)).reshape(len(batches), n_envs)
        steps = [batch.step(row) for batch, row in zip(batches, actions, strict=True)]
        for k, step in enumerate(steps):
            for i, totals in zip(step.indices, step.totals, strict=True):
                if ended[k, i] < rounds:
                    found[k, ended[k, i], i] = totals[pnl]
                ended[k, i] += 1
        obs = np.concatenate([step.obs for step in steps])
    return found.reshape(len(batches), -1)[:, :n]


def recorded(pair: PairConfig, segment: str) -> int:
    """Sessions that a part of a tape has, one after the other."""
    from quantrl.envs.pair.recorded import tape_of

    part = pair.replace(segment=segment)
    runs = tape_of(part).runs(part.shares)
    return sum(-(-(stop - start - 1) // pair.episode_len) for start, stop in runs)


def _from(pair: PairConfig, first: float) -> PairConfig:
    # On a tape a session goes on where the last one ended, so one of ruin would move all after it.
    ruin = 1e9 if pair.has_tape else pair.ruin
    return pair.replace(stock=(first, first), ruin=ruin)
