"""Values of rules and policies: one measure, in Python and native, corrected by what is known."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("gymnasium")

from quantrl.agents.dqn_statarb.baselines import Rule, Switching, chain, control, fitted, rule_worth, rules
from quantrl.agents.dqn_statarb.truth import ou_optimum
from quantrl.agents.dqn_statarb.value import Control, Worth, worth
from quantrl.envs import PairConfig

PATHS = {"n_envs": 64, "decisions": 512, "seed": 3}
OU, BOOKS = PairConfig.ou(cost=0.2), PairConfig.books(cost=0.2)


def threshold(a: float):
    def act(obs):
        z, held = obs[:, 0], np.round(obs[:, 2])
        return np.where(z >= a, 0, np.where(z <= -a, 2, held + 1)).astype(np.int64)

    return act


@pytest.mark.parametrize("pair", [OU, BOOKS], ids=["ou", "books"])
def test_a_rule_in_python_is_worth_what_the_native_one_is(pair):
    ours = worth(threshold(0.8), pair, **PATHS)
    native = rule_worth(Rule("threshold", (0.8,)), pair, **PATHS)
    assert ours.expected == pytest.approx(native.expected, rel=1e-6)
    assert ours.earned == pytest.approx(native.earned, rel=1e-4)
    assert ours.cost == pytest.approx(native.cost, rel=1e-6)
    assert ours.turnover == pytest.approx(native.turnover, rel=1e-3)
    assert 0 < ours.traded < 0.05


def test_books_follow_the_spreads_of_the_exact_world_so_its_rule_corrects_them():
    beside = control(BOOKS, **PATHS)
    found = rule_worth(Rule("threshold", (ou_optimum(0.02, 0.2).threshold,)), BOOKS, **PATHS)
    value, se = beside.corrected(found)
    best = 0.02 * ou_optimum(0.02, 0.2).value
    assert se < 0.2 * found.se
    assert abs(value / best - 1.0) < 0.01


def test_a_correction_leaves_what_has_nothing_in_common_alone():
    random = np.random.default_rng(0)
    own, other = random.normal(1.0, 1.0, 400), random.normal(5.0, 1.0, 400)
    found = Worth(1.0, float(own.mean()), 0.0, 0.0, 0.0, own)
    value, se = Control(other, 5.0).corrected(found)
    assert abs(value - own.mean()) < 0.02
    assert se == pytest.approx(found.se, rel=0.02)
    # With all in common, the known value is what is left.
    value, se = Control(own - 1.0, 0.25).corrected(found)
    assert value == pytest.approx(1.25)
    assert se < 1e-9


def test_the_fit_finds_the_world():
    kappa_dt, scale = fitted(OU)
    assert kappa_dt == pytest.approx(0.02, rel=0.1)
    assert scale == pytest.approx(1.0, rel=0.05)


def test_rules_of_the_trade_earn_less_than_the_optimum_and_more_than_nothing():
    beside = control(OU, **PATHS)
    best = 0.02 * ou_optimum(0.02, 0.2).value
    ratios = {
        name: beside.corrected(rule_worth(rule, OU, **PATHS))[0] / best for name, rule in rules(OU).items()
    }
    assert ratios["ou_optimal"] > 0.98
    assert 0.3 < ratios["gatev"] < 0.6
    assert 0.3 < ratios["z_rule"] < 0.6
    assert ratios["flat"] == 0.0
    assert abs(ratios["hold_spread"]) < 0.2


def test_luck_with_an_agents_rates_switches_as_often_and_loses_its_costs():
    switching = Switching(3)
    own = worth(threshold(0.8), OU, **PATHS, observe=switching)
    luck = worth(chain(switching, 1), OU, n_envs=128, decisions=512, seed=8)
    assert luck.turnover == pytest.approx(own.turnover, rel=0.15)
    assert abs(luck.expected + luck.cost) < 4 * luck.se
