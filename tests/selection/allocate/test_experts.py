"""Weights that multiply: Hedge and FixedShare by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

from quantrl.errors import ConfigError
from quantrl.selection.allocate.fixed_share import FixedShare
from quantrl.selection.allocate.hedge import Hedge
from quantrl.selection.select import Selection
from selection.frames import frame
from selection.news import SIGMA, all_of, matured, news


def test_one_round_by_hand() -> None:
    hedge, shared = Hedge(start=0), FixedShare(share=0.3, start=0)
    for rule in (hedge, shared):
        rule.learn(news(matured([2 * SIGMA, -9 * SIGMA, 0.0]), agents=3))
    expected = np.exp([0.5, -1.0, 0.0])
    np.testing.assert_allclose(hedge.weights, expected / expected.sum(), rtol=1e-12)
    np.testing.assert_allclose(shared.weights, 0.7 * expected / expected.sum() + 0.1, rtol=1e-12)


def test_all_weigh_the_same_at_the_beginning() -> None:
    rng = np.random.default_rng(2)
    hedge = Hedge(start=20)
    hedge.learn(all_of(rng.standard_normal((20, 4)) * SIGMA))
    assert hedge.weights.tolist() == [0.25] * 4
    hedge.learn(news(matured([SIGMA, 0, 0, 0], effective=20), agents=4))
    assert hedge.weights[0] > 0.25


def test_a_newcomer_gets_a_share_of_the_leader_s_weight() -> None:
    hedge = Hedge(start=0)
    hedge.learn(news(matured([4 * SIGMA, 0.0]), agents=2))
    leader = np.exp(1.0) / (1 + np.exp(1.0))
    hedge.learn(news(agents=3))
    expected = np.array([leader, 1 - leader, leader / 3])
    np.testing.assert_allclose(hedge.weights, expected / expected.sum(), rtol=1e-12)
    before = hedge.weights
    hedge.learn(news(matured([0.0] * 3, changed=(0,)), agents=3))
    expected = np.array([before[1:].max() / 3, *before[1:]])
    np.testing.assert_allclose(hedge.weights, expected / expected.sum(), rtol=1e-12)


def test_the_funded_share_the_filled_slots() -> None:
    hedge = Hedge(start=0)
    hedge.learn(news(matured([4 * SIGMA, 0.0, -4 * SIGMA]), agents=3))
    shares = hedge.allocate(Selection((2, 1), 4), frame([0.1, 0.2, 0.3]))
    np.testing.assert_allclose(shares, np.array([0, 1, np.exp(-1.0)]) / (1 + np.exp(-1.0)) / 2, rtol=1e-12)
    assert not hedge.allocate(Selection((), 4), frame([0.1, 0.2, 0.3])).any()


def test_only_those_who_had_a_row_move() -> None:
    shared = FixedShare(start=0, share=0.0)
    shared.learn(news(matured([SIGMA], agents=[1]), agents=3))
    assert shared.weights[0] == shared.weights[2] < shared.weights[1]


def test_the_leader_of_lately_is_found_sooner_with_a_share_for_all() -> None:
    x = np.zeros((500, 2))
    x[:400, 0], x[400:, 1] = SIGMA, SIGMA
    rules = Hedge(start=0), FixedShare(start=0)
    for rule in rules:
        rule.learn(all_of(x))
    assert rules[0].weights[1] < 0.01
    assert rules[1].weights[1] > 0.9


def test_a_loser_s_weight_may_vanish_and_then_shares_are_equal() -> None:
    hedge = Hedge(start=0)
    x = np.tile([4 * SIGMA, -4 * SIGMA, -4 * SIGMA], (500, 1))
    hedge.learn(all_of(x))
    assert hedge.weights.tolist() == [1, 0, 0]
    assert hedge.allocate(Selection((1, 2), 2), frame([0.1, 0.2, 0.3])).tolist() == [0, 0.5, 0.5]
    state = json.loads(json.dumps(hedge.state_dict()))
    again = Hedge(start=0)
    again.load_state_dict(state)
    assert again.weights.tobytes() == hedge.weights.tobytes()


@pytest.mark.parametrize("params", [{"rate": 0.0}, {"clip": -1.0}, {"start": -1}, {"start": 1.0}])
def test_refuses(params: dict) -> None:
    for rule in (Hedge, FixedShare):
        with pytest.raises(ConfigError, match="allocate "):
            rule(**params)
    with pytest.raises(ConfigError, match="share"):
        FixedShare(share=1.5)


@pytest.mark.parametrize("rule", [Hedge(start=0), FixedShare(start=0, share=0.0)])
def test_an_only_agent_that_is_changed_keeps_all_weight(rule: Hedge | FixedShare) -> None:
    rule.learn(news(matured([SIGMA]), agents=1))
    rule.learn(news(matured([0.0], changed=(0,)), agents=1))
    assert rule.weights.tolist() == [1.0]
    rule.learn(news(matured([SIGMA, SIGMA], effective=1), agents=2))
    assert rule.weights.tolist() == pytest.approx([2 / 3, 1 / 3])
