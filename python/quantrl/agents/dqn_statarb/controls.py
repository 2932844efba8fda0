"""What an agent would earn if it had seen nothing: its commonest action, another hour's market; and the first leg."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from quantrl.agents.dqn_statarb.baselines import Rule, Switching, rule_worth
from quantrl.agents.dqn_statarb.value import Act, Worth, burn_in, endless, worth
from quantrl.envs import PairConfig
from quantrl.envs.pair import PairBatch
from quantrl.rng import generator
from quantrl.typing import FloatArray, IntArray

BLOCK = 60
"""Decisions that stay together where a market is shuffled."""


def static(switching: Switching, pair: PairConfig) -> Rule:
    """The action an agent took most often, for ever."""
    action = int(switching.shares.argmax())
    return Rule("constant", (pair.targets[action],))


def static_worth(switching: Switching, pair: PairConfig, *, n_envs: int, decisions: int, seed: int) -> Worth:
    """What it is worth."""
    return rule_worth(static(switching, pair), pair, n_envs=n_envs, decisions=decisions, seed=seed)


def shuffled_worth(act: Act, pair: PairConfig, *, n_envs: int, decisions: int, seed: int) -> Worth:
    """An agent that is shown the market columns of other blocks of `BLOCK` decisions, its own position as it is."""
    burn = burn_in(pair)
    columns = market_columns(endless(pair, burn + decisions), burn + decisions, n_envs=n_envs, seed=seed)
    return worth(elsewhere(act, columns, seed), pair, n_envs=n_envs, decisions=decisions, seed=seed)


def market_columns(pair: PairConfig, rows: int, *, n_envs: int, seed: int) -> NDArray[np.float32]:
    """(rows, N, M) what the market shows, which no action changes."""
    batch = PairBatch(pair, n_envs=n_envs, seed=seed, threads=1, mode="evaluate")
    market, flat = batch.layout.own.start, np.full(n_envs, pair.flat)
    found = np.empty((rows, n_envs, market), dtype=np.float32)
    obs = batch.reset()
    for row in found:
        row[:] = obs[:, :market]
        obs = batch.step(flat).obs
    return found


def elsewhere(act: Act, columns: NDArray[np.float32], seed: int) -> Act:
    """The agent, shown the columns (rows, N, M) in the order of `shuffled`, a row a call."""
    order, market = iter(shuffled(len(columns), seed)), columns.shape[2]

    def shown(obs: NDArray[np.float32]) -> IntArray:
        other = obs.copy()
        other[:, :market] = columns[next(order)]
        return act(other)

    return shown


def shuffled(rows: int, seed: int) -> IntArray:
    """(rows,) row numbers, blocks of `BLOCK` in a random order; a rest that fills no block stays with the last one."""
    blocks = np.split(np.arange(rows), range(BLOCK, rows - BLOCK + 1, BLOCK))
    order = generator(seed, 9, "control").permutation(len(blocks))
    return np.concatenate([blocks[i] for i in order])


def buy_hold_worth(pair: PairConfig, *, n_envs: int, decisions: int, seed: int) -> Worth:
    """The first leg alone, bought before the counted decisions begin and held.

    Of the conditional mean, half of the spread's is the first leg's: ln mid = m + x / 2 with m a martingale.
    """
    burn = burn_in(pair)
    batch = PairBatch(endless(pair, burn + decisions), n_envs=n_envs, seed=seed, threads=1, mode="evaluate")
    batch.reset()
    flat, phi = np.full(n_envs, pair.flat), math.exp(-pair.kappa_dt)
    for _ in range(burn):
        batch.step(flat)
    mid = first_mids(batch)
    lots = np.maximum(np.round(leg_lots(batch, pair) / mid), 1.0)
    earned, expected = np.zeros(n_envs), np.zeros(n_envs)
    for _ in range(decisions):
        expected += 0.5 * (phi - 1.0) * batch.core.truth()[:, 2]
        batch.step(flat)
        now = first_mids(batch)
        earned += lots * (now - mid) / batch.core.reward_unit
        mid = now
    return Worth(
        float(earned.mean()) / decisions,
        float(expected.mean()) / decisions,
        0.0,
        0.0,
        0.0,
        expected / decisions,
    )


def first_mids(batch: PairBatch) -> FloatArray:
    """(N,) mids of the first leg, half ticks."""
    ledger = batch.core.ledger()
    return np.asarray(ledger[:, 4] + ledger[:, 5], dtype=np.float64)


def leg_lots(batch: PairBatch, pair: PairConfig) -> float:
    """Lots of the notional times a mid in half ticks: U is 2 n s of it."""
    return float(batch.core.reward_unit / pair.s)
