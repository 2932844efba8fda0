"""What must hold for any actions and prices."""

from __future__ import annotations

import numpy as np
import pytest

from envs.markets import panel_of, random_actions, random_panel
from quantrl.backtest import Costs, Schedule, run_weights
from quantrl.envs import Market, PortfolioConfig, rollouts
from quantrl.envs._batch import Batch, Segment

CONFIG = PortfolioConfig(window=10, episode_len=12, decision_every=3)


def led(market, config, act, start=20, stop=500):
    return rollouts(market, config, act, 1, start, stop)[0]


def tilted(seed=5):
    """Answers random actions, the same ones for the same seed."""
    stream = iter(random_actions((400, 1, 9), seed))

    def act(obs):
        return next(stream)[:, :5]

    return act


@pytest.mark.parametrize("fill", ["next_open", "next_close"])
def test_a_rollout_is_a_backtest_of_its_targets(fill):
    panel = random_panel()
    found = led(Market.of(panel, CONFIG), CONFIG.replace(fill=fill), tilted())
    schedule = Schedule(found.rows, found.targets)
    account = run_weights(panel.head(500), schedule, fill=fill, costs=Costs(bps=25), initial_cash=1.0)
    equity = account.equity[found.bars[:, 0].astype(int)]
    np.testing.assert_allclose(found.bars[:, 1], equity, rtol=1e-12)


def test_all_cash_earns_nothing():
    config = CONFIG.replace(action_map="identity")
    cash = np.array([[1, 0, 0, 0, 0]], dtype=np.float32)
    found = led(Market.of(random_panel(), config), config, lambda obs: cash)
    assert (found.bars[:, 1] == 1.0).all()
    assert (found.returns == 0.0).all()


def test_constant_prices_lose_the_costs_and_no_more():
    panel = panel_of({"close": np.full((200, 4), 7.0), "open": np.full((200, 4), 7.0)})
    found = led(Market.of(panel, CONFIG), CONFIG, tilted(), 20, 200)
    traded = found.bars[:, 3] > 0
    assert (found.returns[~traded] == 0.0).all()
    np.testing.assert_allclose(found.returns[traded], -0.0025 * found.bars[traded, 3], rtol=1e-9)


def test_wealth_falls_as_costs_rise():
    market = Market.of(random_panel(), CONFIG)
    ends = [
        led(market, CONFIG.replace(cost_bps=bps), tilted()).bars[-1, 1] for bps in (0.0, 5.0, 25.0, 100.0)
    ]
    assert ends == sorted(ends, reverse=True)
    assert len(set(ends)) == 4


def test_the_order_of_assets_does_not_matter():
    panel = random_panel()
    order = [2, 0, 3, 1]
    columns = [0, *(1 + i for i in order)]
    straight = led(Market.of(panel, CONFIG), CONFIG, tilted())
    turned_panel = panel.only(*(panel.instruments[i] for i in order))
    inner = tilted()
    turned = led(Market.of(turned_panel, CONFIG), CONFIG, lambda obs: inner(obs)[:, columns])
    np.testing.assert_allclose(turned.bars, straight.bars, rtol=1e-12, atol=1e-15)


def test_terminal_sharpe_sums_to_the_sharpe_ratio():
    """Without discount the rewards of an episode add up to S of its bars."""
    config = CONFIG.replace(reward="terminal_sharpe", gamma=1.0)
    market = Market.of(random_panel(rows=603), config)
    batch = Batch(market, config, n_envs=3, seed=1, segment=Segment(0, 600))
    # One decision more per episode lets the bars of the first twelve be read.
    longer = Batch(
        market, config.replace(episode_len=13), n_envs=3, seed=1, segment=Segment(0, 603), record=True
    )
    obs, other = batch.reset(), longer.reset()
    assert (obs[:, 0] == other[:, 0]).all()
    for k in range(config.episode_len):
        step = batch.step(random_actions((3, 5), seed=k))
        longer.step(random_actions((3, 5), seed=k))
    assert len(step.indices) == 3
    for env in range(3):
        returns = longer.core.recorded(env)[:, 2]
        sharpe = np.sqrt(252) * returns.mean() / max(returns.std(), 1e-4)
        assert step.totals[env, 0] == pytest.approx(sharpe, abs=1e-12)


def test_weights_are_a_portfolio_inside_the_bounds():
    market = Market.of(random_panel(names=10), CONFIG)
    batch = Batch(market, CONFIG, n_envs=64, seed=1, segment=Segment(0, 600))
    batch.reset()
    bounds = np.exp(2.0) / (np.exp(2.0) + 10 * np.exp(-2.0)), np.exp(-2.0) / (np.exp(-2.0) + 10 * np.exp(2.0))
    for k in range(30):
        batch.step(5.0 * random_actions((64, 11), seed=k))
        held, wanted = batch.core.holdings(), batch.core.targets()
        assert held.min() >= 0
        np.testing.assert_allclose(held.sum(axis=1), 1.0, atol=1e-12)
        assert wanted.max() <= bounds[0] + 1e-12
        assert wanted.min() >= min(bounds[1], 0.0)


def test_inverse_vol_is_the_base_of_action_0():
    config = CONFIG.replace(base="inverse_vol", cost_bps=0.0)
    market = Market.of(random_panel(), config)
    found = led(market, config, lambda obs: np.zeros((1, 5), dtype=np.float32), start=100)
    vol = np.std(market.cc[100 - 62 : 101] - 1.0, axis=0)
    weights = np.array([np.exp(np.mean(-np.log(vol))), *1.0 / vol])
    np.testing.assert_allclose(found.targets[0], (weights / weights.sum())[1:], rtol=1e-9)
