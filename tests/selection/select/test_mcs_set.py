"""The confidence set is arch's; what it may not be asked is kept from it."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from arch.bootstrap import MCS

from quantrl.errors import ConfigError
from quantrl.rng import generator
from quantrl.selection.gate import report
from quantrl.selection.rank.identity import Identity
from quantrl.selection.select import Selection
from quantrl.selection.select.mcs_set import McsSet
from selection.frames import frame
from selection.news import all_of, matured, news

N = 10


def returns(seed: int, rounds: int = 200) -> np.ndarray:
    """Two agents with skill, two that lose."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rounds, N)) * 0.006
    x[:, [3, 7]] += 0.0015
    x[:, [0, 5]] -= 0.003
    return x


def choose(rule: McsSet, mean: np.ndarray, closed: tuple[int, ...] = ()) -> Selection:
    ranking = Identity().rank([frame(mean)], np.zeros(len(mean), dtype=bool))
    masks = [np.isin(np.arange(len(mean)), closed), *[np.zeros(len(mean), dtype=bool)] * 5]
    return rule.select(ranking, report(masks), len(mean))


def test_the_set_of_the_allowed_is_arch_s_own() -> None:
    sizes = []
    for seed in range(4):
        x = returns(seed)
        rule = McsSet(window=150, reps=200, block=8, k=10, seed=seed)
        rule.learn(all_of(x))
        found = choose(rule, x.mean(axis=0), closed=(1, 4))
        order = [a for a in np.argsort(-x.mean(axis=0), kind="stable").tolist() if a not in (1, 4)]
        asked = MCS(
            -x[-150:, order],
            0.1,
            reps=200,
            block_size=8,
            method="max",
            seed=generator(seed, 0, "bootstrap"),
        )
        asked.compute()
        assert set(found.agents) == {order[column] for column in asked.included}
        assert not {1, 4} & set(found.agents)
        assert found.k == len(found.agents)
        assert found.gap is None
        sizes.append(len(found.agents))
    assert min(sizes) < 8


def test_at_most_twice_k_the_best_placed_first() -> None:
    x = np.random.default_rng(3).standard_normal((120, N)) * 0.006
    rule = McsSet(reps=100, k=2)
    rule.learn(all_of(x))
    mean = x.mean(axis=0)
    found = choose(rule, mean)
    assert found.agents == tuple(np.argsort(-mean)[:4].tolist())
    assert (found.k, found.runner_up) == (4, int(np.argsort(-mean)[4]))


def test_too_few_shared_rounds_exclude_nobody() -> None:
    x = returns(1, 100)
    rule = McsSet(reps=100, k=2)
    rule.learn(all_of(x))
    assert 5 not in choose(rule, x.mean(axis=0)).agents
    # A newcomer is allowed: what all share is 62 rounds.
    later = [matured(row, effective=t) for t, row in enumerate(returns(2, 62))]
    young = McsSet(reps=100, k=2)
    young.learn(all_of(x[:, :9]))
    young.learn(news(*later, agents=N))
    placed = np.arange(N, 0, -1.0)
    assert choose(young, placed).agents == (0, 1, 2, 3)
    assert 0 not in choose(young, placed, closed=(9,)).agents


def test_an_agent_that_was_changed_starts_again() -> None:
    x = returns(1, 100)
    rule = McsSet(reps=100, k=2)
    rule.learn(all_of(x))
    assert 0 not in choose(rule, np.arange(N, 0, -1.0)).agents
    rule.learn(news(matured(np.zeros(N), changed=(0,)), agents=N))
    assert choose(rule, np.arange(N, 0, -1.0)).agents == (0, 1, 2, 3)


def test_equal_columns_and_columns_that_stand_still_come_to_an_end() -> None:
    x = returns(4, 90)
    x[:, 2] = x[:, 1]
    x[:, 4] = x[:, 1] + 0.001
    x[:, 8] = x[:, 9] = 0.0
    rule = McsSet(reps=100, k=10)
    rule.learn(all_of(x))
    found = choose(rule, np.arange(N, 0, -1.0))
    assert not {2, 4, 9} & set(found.agents)
    alone = McsSet(reps=100, k=1)
    alone.learn(all_of(np.zeros((90, 3))))
    assert choose(alone, np.array([1.0, 3.0, 2.0])).agents == (1,)


def test_slots_stay_cash_where_nobody_else_is_allowed() -> None:
    rule = McsSet(reps=100)
    rule.learn(all_of(returns(1, 90)))
    one = choose(rule, np.arange(10.0), closed=tuple(range(9)))
    assert (one.agents, one.k) == ((9,), 2)
    assert choose(rule, np.arange(10.0), closed=tuple(range(10))).agents == ()


@pytest.mark.parametrize(
    "params", [{"size": 0.0}, {"size": 0.9}, {"window": 62}, {"block": 0}, {"reps": 10}, {"k": 0}]
)
def test_refuses(params: dict) -> None:
    with pytest.raises(ConfigError, match="select mcs_set"):
        McsSet(**params)


def test_without_arch_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"needs arch, got none; pip install 'quantrl\[baselines\]'"):
        McsSet()
