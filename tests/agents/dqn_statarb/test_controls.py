"""Controls see nothing and earn nothing; the first leg alone is its price; linear values are no straw man."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("gymnasium")

from quantrl.agents.dqn_statarb.baselines import BANDS, Switching, control, rule_worth
from quantrl.agents.dqn_statarb.controls import (
    BLOCK,
    buy_hold_worth,
    elsewhere,
    shuffled,
    shuffled_worth,
    static,
    static_worth,
)
from quantrl.agents.dqn_statarb.linear import linear_q
from quantrl.agents.dqn_statarb.truth import ou_optimum
from quantrl.agents.dqn_statarb.value import worth
from quantrl.envs import PairConfig
from quantrl.envs.pair import PairBatch

PATHS = {"n_envs": 64, "decisions": 512, "seed": 3}
OU, BOOKS = PairConfig.ou(cost=0.2), PairConfig.books(cost=0.2)


def threshold(a: float):
    def act(obs):
        z, held = obs[:, 0], np.round(obs[:, 2])
        return np.where(z >= a, 0, np.where(z <= -a, 2, held + 1)).astype(np.int64)

    return act


@pytest.mark.parametrize("rows", [BLOCK - 1, 2 * BLOCK, 10 * BLOCK + 7])
def test_blocks_are_permuted_whole(rows: int) -> None:
    order = shuffled(rows, seed=1)
    assert sorted(order) == list(range(rows))
    starts = np.flatnonzero(np.diff(order, prepend=-9) != 1)
    assert set(order[starts]) <= set(range(0, rows, BLOCK))
    assert np.array_equal(order, shuffled(rows, seed=1))
    if rows > 2 * BLOCK:
        assert not np.array_equal(order, np.sort(order))


def test_an_agent_elsewhere_sees_other_rows_and_its_own_position() -> None:
    columns = np.arange(2 * BLOCK * 3 * 2, dtype=np.float32).reshape(2 * BLOCK, 3, 2)
    seen: list[np.ndarray] = []

    def act(obs):
        seen.append(obs)
        return np.zeros(len(obs), dtype=np.int64)

    shown = elsewhere(act, columns, seed=1)
    obs = np.full((3, 5), 7.0, dtype=np.float32)
    for _ in range(2 * BLOCK):
        shown(obs)
    assert np.array_equal(np.array(seen)[:, :, :2], columns[shuffled(2 * BLOCK, 1)])
    assert (np.array(seen)[:, :, 2:] == 7.0).all()
    assert (obs == 7.0).all()


@pytest.mark.parametrize("pair", [OU, BOOKS], ids=["ou", "books"])
def test_a_shuffled_market_leaves_the_costs(pair: PairConfig) -> None:
    act = threshold(0.8)
    own, found = worth(act, pair, **PATHS), shuffled_worth(act, pair, **PATHS)
    assert own.expected > 10 * own.se
    assert found.turnover > 0.5 * own.turnover
    assert abs(found.expected + found.cost) < 4 * found.se
    assert found.expected < 0


def test_the_commonest_action_for_ever() -> None:
    switching = Switching(3)
    for actions in ([2, 2], [2, 0], [2, 1], [1, 2]):
        switching(np.zeros((2, 1), dtype=np.float32), np.array(actions))
    assert static(switching, OU).numbers == (1.0,)
    held = rule_worth(BANDS["hold_spread"], OU, **PATHS)
    assert np.array_equal(static_worth(switching, OU, **PATHS).per_env, held.per_env)


def test_the_first_leg_alone_is_its_price() -> None:
    found = buy_hold_worth(OU, **PATHS)
    batch = PairBatch(OU.replace(episode_len=10_000, ruin=1e9), n_envs=64, seed=3, mode="evaluate")
    batch.reset()
    flat = np.ones(64, dtype=np.int64)
    x = []
    for _ in range(500 + 513):
        x.append(batch.core.truth()[:, 2])
        batch.step(flat)
    x = np.array(x)
    # The first leg is e^(x / 2): its gain on the notional, in units of s.
    first, last = (np.exp(0.5 * OU.s * x[i]) for i in (500, 500 + 512))
    assert found.earned * 512 == pytest.approx(float(((last - first) / first).mean() / OU.s), abs=1e-4)
    mean = 0.5 * (math.exp(-0.02) - 1) * x[500 : 500 + 512].mean(axis=0)
    assert np.allclose(found.per_env, mean, atol=1e-12)
    assert abs(found.expected) < 4 * found.se + 1e-3


@pytest.mark.parametrize(("cost", "least"), [(0.0, 0.95), (0.1, 0.6)])
def test_linear_values_earn_much_of_the_optimum_and_not_more(cost: float, least: float) -> None:
    pair = OU.replace(cost=cost)
    best = 0.02 * ou_optimum(0.02, cost).value
    learned = linear_q(pair)
    ratio = control(pair, **PATHS).corrected(worth(learned.act, pair, **PATHS))[0] / best
    assert least < ratio < 1.01
    obs = np.zeros((5, 12), dtype=np.float32)
    obs[:, 0] = np.linspace(-4, 4, 5)
    obs[:, 10] = 1.0
    assert learned.act(obs).tolist() == [1] * 5  # flat is all that is legal
