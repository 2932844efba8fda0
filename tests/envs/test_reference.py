"""The oracle itself against numbers worked out beforehand: four bars, two names, 25 bp, from cash, next close."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from quantrl.envs import PortfolioConfig
from reference.portfolio_env import ReferenceEnv
from reference.portfolio_rules import Draws, trade, trade_around

RELATIVES = np.array([(1.0, 1.0), (1.01, 0.99), (0.98, 1.02), (1.03, 1.0), (0.97, 1.01)])
TARGETS = np.array([(0.2, 0.5, 0.3), (0.1, 0.3, 0.6), (0.0, 0.5, 0.5), (1.0, 0.0, 0.0)])


def market(cc: np.ndarray) -> SimpleNamespace:
    """Closes only, everything may be traded."""
    free = np.ones(cc.shape, dtype=np.uint8)
    return SimpleNamespace(
        features=np.log(np.cumprod(cc, axis=0))[:, :, None].astype(np.float32),
        cc=cc,
        can_buy=free,
        can_sell=free,
        first=np.zeros(cc.shape[1], dtype=np.int64),
        periods_per_year=252.0,
    )


def four_bars(**settings: object) -> tuple[ReferenceEnv, list[float]]:
    """The environment after the four bars, and its rewards."""
    rows = np.vstack([np.ones(2), RELATIVES])
    config = PortfolioConfig.of(
        window=2,
        episode_len=4,
        decision_every=1,
        fill="next_close",
        action_map="identity",
        start_weights="cash",
        **settings,
    )
    env = ReferenceEnv(market(rows), config, seed=0, env_id=0, start=0, end=6, warm_up=2)
    env.reset(0)
    return env, [env.step(target)[1] for target in TARGETS]


@pytest.mark.parametrize(
    ("growth", "sizing", "wealth"),
    [
        ("geometric", "first_order", 0.9880852012627),
        ("arithmetic", "first_order", 0.9885287008988),
        ("arithmetic", "post_cost", 0.9885335539084),
    ],
)
def test_wealth(growth: str, sizing: str, wealth: float) -> None:
    env, _ = four_bars(growth=growth, sizing=sizing)
    assert env.wealth == pytest.approx(wealth, abs=1e-12)
    assert env.weights.tolist() == [1.0, 0.0, 0.0]


def test_average_sharpe_of_the_released_rules() -> None:
    _, rewards = four_bars(growth="geometric", sizing="first_order", reward="avg_sharpe")
    expected = [-3.968230540459, -4.400150908510, 0.153729496079, -1.392877114516]
    np.testing.assert_allclose(rewards, expected, atol=1e-9, rtol=0)


def test_markov_sharpe() -> None:
    _, rewards = four_bars(reward="markov_sharpe")
    expected = [0.0, -35.615804633, 0.985281439, -6.066770029]
    np.testing.assert_allclose(np.array(rewards) * 4, expected, atol=1e-7, rtol=0)


def test_differential_sharpe() -> None:
    _, rewards = four_bars(reward="differential_sharpe")
    expected = [-0.199600798, -0.521852910, 0.840494197, -1.261547726]
    np.testing.assert_allclose(rewards, expected, atol=1e-8, rtol=0)


def test_terminal_sharpe_sums_to_the_last_ratio_and_log_returns_to_log_wealth() -> None:
    env, rewards = four_bars(reward="terminal_sharpe", gamma=1.0)
    assert sum(rewards) == pytest.approx(env.statistics.sharpe, abs=1e-12)
    env, rewards = four_bars(reward="log_return")
    assert sum(rewards) == pytest.approx(np.log(env.wealth), abs=1e-14)


def test_a_turnover_penalty_comes_off_every_reward() -> None:
    _, plain = four_bars(reward="log_return", sizing="first_order")
    env, less = four_bars(reward="log_return", sizing="first_order", turnover_penalty=0.1)
    assert env.turnover > 0.9
    assert less[-1] == pytest.approx(plain[-1] - 0.1 * env.turnover, abs=1e-15)


@pytest.mark.parametrize(("sizing", "traded"), [("post_cost", 0.1 / 1.0025), ("first_order", 0.1 - 0.00125)])
def test_a_blocked_name_stays_and_the_rest_fits(sizing: str, traded: float) -> None:
    held = np.array([0.1, 0.6, 0.3])
    rates = np.full(2, 0.0025)
    done = trade(held, np.array([0.0, 0.2, 0.8]), rates, rates, sizing, np.array([True, False]))
    np.testing.assert_allclose(done.weights.sum(), 1.0, atol=1e-15)
    assert done.weights[1] * done.left == pytest.approx(0.6, abs=1e-15)
    assert done.weights[0] == pytest.approx(0.0, abs=1e-12)
    assert done.turnover == pytest.approx(traded, abs=1e-12)


@pytest.mark.parametrize("sizing", ["post_cost", "first_order"])
def test_trading_around_nothing_is_trading(sizing: str) -> None:
    held, target = np.array([0.1, 0.6, 0.3]), np.array([0.2, 0.2, 0.6])
    rates, free = np.array([0.002, 0.003]), np.array([False, False])
    direct = trade(held, target, rates, rates, sizing, free)
    around = trade_around(held, target, rates, rates, sizing, free)
    np.testing.assert_allclose(around.weights, direct.weights, atol=1e-15)
    assert around.left == pytest.approx(direct.left, abs=1e-15)
    assert around.turnover == pytest.approx(direct.turnover, abs=1e-15)


def test_draws_cross_blocks_and_choose_without_repeats() -> None:
    draws = Draws(7, 3, "assets", 9)
    chosen = draws.choose(list(range(10)), 6)
    assert len(set(chosen)) == 6
    assert draws.block == 2
    assert draws.dirichlet(4).sum() == pytest.approx(1.0)


def test_evaluation_restarts_its_clock_and_ends_on_the_last_row() -> None:
    rows = np.vstack([np.ones(2), RELATIVES, RELATIVES])
    config = PortfolioConfig.of(window=2, episode_len=3, decision_every=2, fill="next_close")
    env = ReferenceEnv(market(rows), config, seed=0, env_id=0, start=1, end=len(rows), evaluation=True)
    env.reset(0)
    assert (env.t, env.weights[0]) == (1, 1.0)
    clocks, ends = [], []
    while not ends or not ends[-1]:
        _, _, terminated, truncated = env.step(np.zeros(3))
        clocks.append(env.k)
        ends.append(terminated)
        assert not truncated
    assert clocks == [1, 2, 0, 1, 2]
    assert env.t == len(rows) - 1
