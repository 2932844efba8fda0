"""Committees against every committee; quotas hold."""

from __future__ import annotations

import math

import numpy as np
import pytest

from quantrl.errors import ConfigError
from quantrl.selection.gate import report
from quantrl.selection.rank.borda import Borda
from quantrl.selection.select import Selection
from quantrl.selection.select._committee import elect
from quantrl.selection.select.multi_winner import MultiWinner, points
from reference.votes import committees, value
from selection.frames import frame
from selection.news import news
from selection.rank.voters import nobody, voters

CASES = 160
BOUND = {"k_borda": 1.0, "cc": 1 - 1 / math.e, "pav": 1 - 1 / math.e}


@pytest.mark.parametrize("rule", BOUND)
@pytest.mark.parametrize("quotas", [False, True])
def test_greedy_keeps_its_bound(rule: str, quotas: bool) -> None:
    rng = np.random.default_rng([7, quotas, len(rule)])
    bound = 0.5 if quotas and rule != "k_borda" else BOUND[rule]
    worst = 1.0
    for _ in range(-(-CASES // 6)):
        m, count, k = int(rng.integers(1, 9)), int(rng.integers(1, 6)), int(rng.integers(1, 5))
        own = points(np.array([rng.permutation(m) + 1.0 for _ in range(count)]))
        weights = rng.uniform(0.1, 1.0, count)
        group = rng.integers(3, size=m)
        limit = rng.integers(0, 3, size=3) if quotas else np.full(3, k)
        chosen = elect(rule, own, weights, k, group, limit)
        asked = own.tolist(), weights.tolist()
        best = max(value(rule, *asked, c) for c in committees(m, k, group.tolist(), limit.tolist()))
        got = value(rule, *asked, tuple(chosen))
        assert got >= bound * best - 1e-9
        assert len(set(chosen)) == len(chosen) <= k
        assert (np.bincount(group[chosen], minlength=3) <= limit).all()
        worst = min(worst, got / best if best else 1.0)
    assert worst >= bound


def test_each_step_takes_what_adds_most_by_hand() -> None:
    # Three voters rank 0 first and then 1, 2; two rank 3 first and then 2, 1.
    places = np.array([[1.0, 2, 3, 4]] * 3 + [[4.0, 3, 2, 1]] * 2)
    own = points(places)
    assert own.tolist() == [[3, 2, 1, 0]] * 3 + [[0, 1, 2, 3]] * 2
    every, group, limit = np.ones(5), np.zeros(4, dtype=np.int64), np.array([4])
    # Points in all: 9 8 7 6.
    assert elect("k_borda", own, every, 2, group, limit) == [0, 1]
    # After 0 the two others have nobody: 3 adds 6, 2 adds 4, 1 adds 2.
    assert elect("cc", own, every, 2, group, limit) == [0, 3]
    # After 0, halves: 1 adds 3 and 2; 2 adds 1.5 and 4; 3 adds 0 and 6.
    assert elect("pav", own, every, 2, group, limit) == [0, 3]
    assert elect("pav", own, every, 3, group, limit)[2] == 1


def test_equal_gains_go_to_the_lower_id_whatever_the_weights() -> None:
    places = np.array([[1.0, 3, 2], [2.0, 1, 3], [3.0, 2, 1]])
    thirds = np.full(3, 1 / 3)
    group, limit = np.zeros(3, dtype=np.int64), np.array([3])
    for rule in BOUND:
        assert elect(rule, points(places), thirds, 1, group, limit) == [0]


def choose(
    rule: MultiWinner, agents: int, closed: tuple[int, ...] = (), seed: int = 1, **given: object
) -> Selection:
    ranking = Borda().rank(voters(np.random.default_rng(seed), 4, agents), nobody(agents))
    masks = [np.isin(np.arange(agents), closed), *[np.zeros(agents, dtype=bool)] * 5]
    rule.learn(news(agents=agents, **given))
    return rule.select(ranking, report(masks), agents)


@pytest.mark.parametrize("rule", BOUND)
def test_quotas_hold_and_what_they_close_stays_cash(rule: str) -> None:
    family = ("rule", "rl", "rl", "llm", "rl", "rl", "rule", "rl")
    for seed in range(12):
        found = choose(MultiWinner(rule, {"rl": 1, "*": 2}, k=4), 8, (0,), seed, family=family)
        kinds = [family[a] for a in found.agents]
        assert kinds.count("rl") <= 1
        assert 0 not in found.agents
        assert found.k == 4
    nobody_else = choose(MultiWinner(rule, {"rl": 1, "rule": 0, "llm": 0}, k=4), 8, family=family)
    assert (len(nobody_else.agents), nobody_else.k) == (1, 4)
    free = choose(MultiWinner(rule, k=4), 8, family=family)
    assert len(free.agents) == 4


def test_other_groupings() -> None:
    clusters = np.array([0, 0, 0, 0, 4, 5])
    found = choose(MultiWinner(quotas={"*": 1}, by="cluster", k=6), 6, clusters=clusters)
    assert len(found.agents) == 3
    assert {4, 5} < set(found.agents)
    held = np.array([True, True, True, False, False, False])
    found = choose(MultiWinner(quotas={"rookie": 1}, by="standing", k=4), 6, held=held)
    assert sum(agent > 2 for agent in found.agents) <= 1
    assert len(found.agents) == 4


def test_one_ballot_and_points_in_all_fund_the_best_placed() -> None:
    ranking = Borda().rank([frame([0.1, 0.5, np.nan, 0.4, 0.3])], nobody(5))
    masks = [np.array([False, True, True, False, False]), *[nobody(5)] * 5]
    for rule in BOUND:
        assert MultiWinner(rule, k=2).select(ranking, report(masks), 4).agents == (3, 4)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"rule": "stv"}, "expected one of k_borda, cc, pav"),
        ({"by": "name"}, "expected one of family, cluster, standing"),
        ({"quotas": {"rl": -1}}, r"quotas.rl: expected a whole number of at least 0, got -1"),
        ({"quotas": {"rl": 1.5}}, "quotas.rl"),
        ({"quotas": [1]}, "expected a table of limits"),
        ({"quotas": {"novice": 1}, "by": "standing"}, "expected one of rookie, funded"),
        ({"k": 0}, "k: expected a whole number"),
    ],
)
def test_refuses(params: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        MultiWinner(**params)
