"""Stakes by hand."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.errors import ConfigError
from quantrl.selection.allocate.posterior_kelly import PosteriorKelly
from quantrl.selection.select import Selection
from selection.frames import frame
from selection.news import SIGMA, all_of, matured, news


def returns(seed: int = 1, rounds: int = 400, agents: int = 8) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((rounds, agents)) * SIGMA + np.linspace(-0.6, 0.6, agents) * SIGMA


def test_the_posterior_from_its_definition() -> None:
    x = returns()
    rule = PosteriorKelly(half_life=100.0)
    rule.learn(all_of(x))
    ready = np.ones(8, dtype=bool)
    ready[3] = False
    mean, variance = rule.posterior(ready)
    w = 0.5 ** (np.arange(400)[::-1] / 100.0)
    u = x[:, ready] / SIGMA
    m = w @ u / w.sum()
    spread = w @ u**2 / w.sum() - m**2
    v = spread * (w**2).sum() / w.sum() ** 2
    tau2 = max(1e-6, m.var(ddof=1) - v.mean())
    np.testing.assert_allclose(mean[ready], m.mean() + tau2 / (tau2 + v) * (m - m.mean()), rtol=1e-9)
    np.testing.assert_allclose(variance[ready], spread, rtol=1e-9)
    assert np.isnan(mean[3])
    shares = rule.allocate(Selection((7, 0), 2), frame([0.1] * 8))
    assert shares[0] == 0
    assert shares[7] == pytest.approx(min(0.3, 0.25 * mean[7] / (variance[7] * SIGMA)))


def test_stakes_are_capped_and_sum_to_at_most_one() -> None:
    rule = PosteriorKelly(cap=0.3)
    rule.learn(all_of(returns() + 0.8 * SIGMA))
    shares = rule.allocate(Selection((4, 5, 6, 7), 4), frame([0.1] * 8))
    assert shares[4:].tolist() == [0.25] * 4
    three = rule.allocate(Selection((5, 6, 7), 4), frame([0.1] * 8))
    assert three[5:].tolist() == [0.3] * 3
    small = PosteriorKelly(fraction=1e-4)
    small.learn(all_of(returns() + 0.8 * SIGMA))
    stake = small.allocate(Selection((4, 7), 2), frame([0.1] * 8))
    assert 0 < stake[4] < stake[7] < 0.3


def test_nothing_for_losers_for_what_stands_still_and_for_the_unheard_of() -> None:
    x = returns()
    x[:, 2] = 2 * SIGMA
    rule = PosteriorKelly()
    rule.learn(all_of(x - 1.2 * SIGMA))
    assert not rule.allocate(Selection(tuple(range(8)), 8), frame([0.1] * 8)).any()
    assert not PosteriorKelly().allocate(Selection((1,), 1), frame([0.1] * 8)).any()


def test_an_agent_that_was_changed_and_a_newcomer_start_from_nothing() -> None:
    rule = PosteriorKelly()
    rule.learn(all_of(returns() + 0.8 * SIGMA))
    rule.learn(news(matured([SIGMA], agents=[8], changed=(7,)), agents=9))
    shares = rule.allocate(Selection((6, 7, 8), 3), frame([0.1] * 9))
    assert shares[6] == 0.3
    assert shares[7] == shares[8] == 0


@pytest.mark.parametrize(
    "params", [{"fraction": 0.0}, {"cap": 1.5}, {"half_life": 0.0}, {"half_life": float("nan")}]
)
def test_refuses(params: dict) -> None:
    with pytest.raises(ConfigError, match="allocate posterior_kelly"):
        PosteriorKelly(**params)
