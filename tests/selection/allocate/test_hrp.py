"""Shares are skfolio's own, cut to billionths."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from skfolio.moments import LedoitWolf
from skfolio.optimization import HierarchicalRiskParity
from skfolio.prior import EmpiricalPrior

from quantrl.errors import ConfigError
from quantrl.selection.allocate.hrp import Hrp
from quantrl.selection.select import Selection
from selection.frames import frame
from selection.news import SIGMA, all_of, matured, news


def returns(seed: int = 3, rounds: int = 150, agents: int = 9) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rounds, agents)) * SIGMA * np.linspace(0.5, 2.0, agents)
    x[:, 1] = 0.8 * x[:, 0] + 0.2 * x[:, 1]
    return x


def test_skfolio_s_weights_for_the_filled_slots() -> None:
    x, chosen = returns(), (5, 0, 7, 1)
    rule = Hrp(window=100)
    rule.learn(all_of(x))
    shares = rule.allocate(Selection(chosen, 5), frame([0.1] * 9))
    ids = sorted(chosen)
    with np.errstate(all="ignore"):
        model = HierarchicalRiskParity(prior_estimator=EmpiricalPrior(covariance_estimator=LedoitWolf()))
        expected = model.fit(x[-100:, ids]).weights_
    np.testing.assert_allclose(shares[ids], expected * 4 / 5, atol=2e-9)
    assert shares.sum() <= 0.8
    assert len(set(np.round(shares[ids], 6))) == 4
    billionths = shares * 1e9
    np.testing.assert_allclose(billionths, np.round(billionths), atol=1e-5)
    assert not shares[[2, 3, 4, 6, 8]].any()


def test_the_order_of_the_chosen_does_not_matter() -> None:
    rule = Hrp()
    rule.learn(all_of(returns()))
    one, two = (rule.allocate(Selection(s, 3), frame([0.1] * 9)) for s in ((5, 0, 7), (0, 7, 5)))
    assert one.tobytes() == two.tobytes()


def test_equal_where_there_is_too_little_or_nothing_to_tell_apart() -> None:
    rule = Hrp()
    rule.learn(all_of(returns(rounds=20)))
    assert rule.allocate(Selection((0, 3), 2), frame([0.1] * 9)).tolist() == pytest.approx(
        [0.5, 0, 0, 0.5] + [0] * 5, abs=1e-9
    )
    still = Hrp()
    still.learn(all_of(np.zeros((80, 4))))
    shares = still.allocate(Selection((0, 1, 3), 3), frame([0.1] * 4))
    assert shares[[0, 1, 3]].tolist() == pytest.approx([1 / 3] * 3, abs=1e-8)
    assert rule.allocate(Selection((4,), 2), frame([0.1] * 9))[4] == pytest.approx(0.5)
    assert not rule.allocate(Selection((), 0), frame([0.1] * 9)).any()


def test_a_newcomer_shortens_what_all_share() -> None:
    x = returns()
    rule = Hrp()
    rule.learn(all_of(x[:100, :8]))
    rule.learn(news(*(matured(row, effective=100 + t) for t, row in enumerate(x[100:130])), agents=9))
    chosen = Selection((0, 4, 8), 3)
    fresh = Hrp()
    fresh.learn(all_of(x[100:130]))
    assert (
        rule.allocate(chosen, frame([0.1] * 9)).tobytes()
        == fresh.allocate(chosen, frame([0.1] * 9)).tobytes()
    )


def test_refuses_and_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="allocate hrp: window"):
        Hrp(window=20)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"needs skfolio, got none; pip install 'quantrl\[baselines\]'"):
        Hrp()
