"""Money is exact, costs only ever cost, and there is nothing to earn where there is no reversion."""

from __future__ import annotations

import numpy as np
import pytest

from counts import FULL, full_or
from envs.pair.cases import mids, random_actions, wealth
from quantrl.envs import PairConfig
from quantrl.envs.pair import PairBatch

N = 64


@pytest.mark.parametrize(
    "config", [PairConfig.books(actions="A5"), PairConfig.ou(), PairConfig.books(depth=0.2)]
)
def test_wealth_changes_by_marks_less_costs_exactly(config: PairConfig) -> None:
    batch = PairBatch(config.replace(episode_len=10**6, ruin=1e9), n_envs=N, seed=3)
    batch.reset()
    assert (wealth(batch) == 0).all()
    for row in random_actions((full_or(1_600, 200), N), config.n_actions):
        before, money, costs = mids(batch), wealth(batch), batch.core.ledger()[:, 8]
        reward = batch.step(row).rewards
        held, now = batch.core.ledger()[:, [1, 3]], batch.core.ledger()[:, 8]
        marks = (held * (mids(batch) - before)).sum(axis=1)
        assert (wealth(batch) - money == marks - (now - costs)).all()
        np.testing.assert_allclose(reward, (wealth(batch) - money) / batch.core.reward_unit, atol=1e-6)


def test_dearer_fees_earn_less() -> None:
    actions = random_actions((300, N))
    earned = []
    for fee in (0.0, 0.5, 1.0, 2.0):
        batch = PairBatch(PairConfig.books(ruin=1e9), n_envs=N, seed=3, mode="evaluate")
        batch.core.set_theta(np.tile([fee, 1.0, 0.0, 1.0, 1.0], (N, 1)))
        batch.reset()
        for row in actions:
            batch.step(row)
        earned.append(wealth(batch))
    assert (np.diff(np.array(earned), axis=0) < 0).all()


def test_half_steps_contain_whole_steps() -> None:
    actions = random_actions((200, N))
    ledgers = []
    for names, scale in (("A3", 1), ("A5", 2)):
        batch = PairBatch(PairConfig.books(actions=names), n_envs=N, seed=3, mode="evaluate")
        batch.reset()
        for row in actions:
            obs = batch.step(scale * row).obs
            assert (np.abs(obs[:, batch.layout.at("position")]) <= 1.0).all()
        ledgers.append(batch.core.ledger().tolist())
    assert ledgers[0] == ledgers[1]


@pytest.mark.parametrize("config", [PairConfig.ou(cost=0.2), PairConfig.books(cost=0.2)])
def test_a_random_walk_pays_nothing_back(config: PairConfig) -> None:
    walk = config.replace(kappa_dt=0, step_sd=0.2, episode_len=500, ruin=1e9)
    batch = PairBatch(walk, n_envs=256, seed=8, mode="evaluate")
    batch.reset()
    gross, costs = [], []
    for k in range(full_or(4_000, 500)):
        step = batch.step(random_actions((256,), seed=k))
        gross += (step.totals[:, 2] + step.totals[:, 3]).tolist()
        costs += step.totals[:, 3].tolist()
    assert len(gross) >= 256
    assert abs(np.mean(gross)) < 3 * np.std(gross) / np.sqrt(len(gross))
    # Targets at random change by 8/9 of a unit on average.
    assert np.mean(costs) == pytest.approx(500 * 8 / 9 * 0.2, rel=0.02)


def test_no_rule_earns_on_a_random_walk() -> None:
    walk = PairConfig.ou(cost=0.2, kappa_dt=0, step_sd=0.2, episode_len=2_048, ruin=1e9)
    for rule, numbers in (("threshold", [0.775]), ("band", [2.0, 0.0, 900.0]), ("constant", [1.0])):
        batch = PairBatch(walk, n_envs=256, seed=4, mode="evaluate")
        batch.reset()
        net, _, cost, _ = batch.core.run_rule(rule, numbers, 2_048).T
        assert abs(np.mean(net + cost)) < 3 * np.std(net + cost) / 16, rule


def test_the_known_threshold_earns_the_known_value() -> None:
    decisions, n = full_or(16_000, 1_500), 256
    known = {
        "ou": {0.0: (0.0, 0.79), 0.1: (0.588, 0.6249), 0.2: (0.775, 0.5348), 0.5: (1.163, 0.3558)},
        "books": {0.1: (0.588, 0.6215), 0.2: (0.775, 0.5328), 0.5: (1.163, 0.3554)},
    }
    for venue, table in known.items():
        for cost, (a, value) in table.items():
            batch = PairBatch(PairConfig.of(venue=venue, cost=cost), n_envs=n, seed=21, mode="evaluate")
            batch.reset()
            batch.core.run_rule("threshold", [a], 200)
            net, expected, *_ = batch.core.run_rule("threshold", [a], decisions).T / decisions / 0.02
            for found in (net, expected):
                error = np.std(found) / np.sqrt(n)
                allowed = max(3 * error, 0.015 * value if venue == "books" and FULL else 0.0)
                assert abs(np.mean(found) - value) < allowed, (venue, cost, np.mean(found), error)


def test_a_turn_costs_k_on_both_legs() -> None:
    for config in (PairConfig.ou(cost=0.2), PairConfig.books(cost=0.2)):
        batch = PairBatch(config, n_envs=8, seed=1, mode="evaluate")
        batch.reset()
        batch.step(np.full(8, 2))
        np.testing.assert_allclose(batch.core.truth()[:, 1], 0.2, rtol=2e-3)
        batch.step(np.full(8, 0))
        np.testing.assert_allclose(batch.core.truth()[:, 1], 0.4, rtol=2e-3)
        batch.step(np.full(8, 0))
        assert (batch.core.truth()[:, 1] == 0).all()
