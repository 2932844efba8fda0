"""The agent in a view is the policy in its environment: no torch, the same decisions."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from envs.markets import random_panel
from quantrl.agent import Native
from quantrl.agents.sharpe_portfolio.agent import SharpePortfolioAgent
from quantrl.agents.sharpe_portfolio.model import load_model
from quantrl.backtest import Costs, run_agent
from quantrl.data import load_sample
from quantrl.envs import Market, PortfolioConfig, make_vec_env, rollouts
from quantrl.errors import ConfigError, DataError
from quantrl.registry import build_agent

KNOWN = 99
"""Last row the policy was trained on; its first decision comes after row 99, as 100 is a multiple of 5."""


def policy(panel, config, folder, *, seed=0, known=KNOWN):
    """An exploring network, exported as a training exports it."""
    from quantrl.agents.sharpe_portfolio.export import export_policy
    from quantrl.agents.sharpe_portfolio.training.algos import make_algo

    market = Market.of(panel, config)
    model = make_algo(
        "ppo", "asset_conv", make_vec_env(market, config, n_envs=1), seed=seed, overrides={"batch_size": 48}
    )
    for parameter in model.policy.parameters():
        parameter.data.mul_(1.5)  # so that the answers depend on what is shown
    meta = {
        "known_from": int(panel.time[known]),
        "columns": list(market.columns),
        "env": config.model_dump(mode="json"),
        "n_assets": market.shape[1],
        "periods_per_year": 252.0,
    }
    export_policy(model, folder, env_config=config, market_id=market.id, seed=seed, meta=meta)
    return model, market


@pytest.mark.parametrize(
    "settings",
    [
        {"fill": "next_close"},
        {"fill": "next_open"},
        {"fill": "next_close", "base": "inverse_vol", "reward": "differential_sharpe"},
    ],
    ids=["close", "open", "inverse vol"],
)
def test_views_and_native_inference_give_the_decisions_of_torch(settings, tmp_path):
    """Led through views by the engine, the agent asks for what torch asks for in the environment, to 1e-5."""
    config = PortfolioConfig(window=20, episode_len=10, decision_every=5, **settings)
    panel = random_panel(rows=400)
    model, market = policy(panel, config, tmp_path / "seed0")
    (expected,) = rollouts(
        market, config, lambda obs: model.predict(obs, deterministic=True)[0], 1, KNOWN, 400
    )
    account = run_agent(
        SharpePortfolioAgent(load_model(tmp_path)), panel, fill=config.fill, costs=Costs(bps=25)
    )
    decided = account.schedule.dense(400)[expected.rows]
    assert np.ptp(decided, axis=0).max() > 0.02, "a policy that never moves would pass any comparison"
    np.testing.assert_allclose(decided, expected.targets, atol=1e-5)


def test_seeds_decide_together(tmp_path):
    config = PortfolioConfig(window=20, decision_every=5, episode_len=10)
    panel = random_panel(rows=120)
    for seed in (0, 1):
        policy(panel, config, tmp_path / f"seed{seed}", seed=seed)
    view = panel.as_of(int(panel.time[99]))
    together = SharpePortfolioAgent(load_model(tmp_path)).decide(view).weights
    alone = [
        SharpePortfolioAgent(load_model(tmp_path / f"seed{seed}")).decide(view).weights for seed in (0, 1)
    ]
    np.testing.assert_allclose(together, np.mean(alone, axis=0), atol=1e-12)
    assert np.abs(alone[0] - alone[1]).max() > 1e-3


def test_cash_until_a_policy_was_known(tmp_path):
    config = PortfolioConfig(window=20, decision_every=5, episode_len=10)
    panel = random_panel(rows=120)
    policy(panel, config, tmp_path / "seed0")
    agent = SharpePortfolioAgent(load_model(tmp_path))
    assert agent.decide(panel.as_of(int(panel.time[94]))).weights.tolist() == [0.0] * 4
    decided = agent.decide(panel.as_of(int(panel.time[99])))
    assert decided.weights.sum() > 0.5
    assert {item.name for item in decided.evidence} >= {"tilt", "base", "drawdown"}


def test_a_newer_fold_takes_over_with_the_same_account(tmp_path):
    config = PortfolioConfig(window=20, decision_every=5, episode_len=10)
    panel = random_panel(rows=200)
    policy(panel, config, tmp_path / "fold0", seed=0)
    policy(panel, config, tmp_path / "fold1", seed=1, known=149)
    account = run_agent(SharpePortfolioAgent(load_model(tmp_path)), panel, costs=Costs(bps=25))
    old = run_agent(SharpePortfolioAgent(load_model(tmp_path / "fold0")), panel, costs=Costs(bps=25))
    both, one = account.schedule.dense(200), old.schedule.dense(200)
    np.testing.assert_array_equal(both[:149], one[:149])
    assert np.abs(both[149] - one[149]).max() > 1e-3
    account.audit()


def test_a_missing_or_changed_model_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="holds no policy.json"):
        build_agent("sharpe_portfolio", {"model": str(tmp_path)})
    panel = random_panel(rows=120)
    policy(panel, PortfolioConfig(window=20, episode_len=10), tmp_path / "seed0")
    weights = tmp_path / "seed0" / "policy.safetensors"
    changed = bytearray(weights.read_bytes())
    changed[-1] ^= 1
    weights.write_bytes(bytes(changed))
    with pytest.raises(DataError, match="sha256"):
        load_model(tmp_path)


def test_the_bundled_policies_trade_from_2015_on():
    panel = load_sample("us20").head(6_400)
    agent = build_agent("sharpe_portfolio")
    assert len(agent.model.groups) == 8
    assert all(len(members) == 3 for _, members in agent.model.groups)
    account = run_agent(agent, panel, fill="next_close", costs=Costs(bps=10))
    first = int(np.flatnonzero(account.gross > 0)[0])
    assert panel.time[first] > agent.model.groups[0][0]
    assert account.gross[first:].min() > 0.5
    account.audit()


def test_a_decision_needs_no_torch():
    code = (
        "import sys\n"
        "sys.modules.update(dict.fromkeys(['torch', 'stable_baselines3', 'gymnasium', 'safetensors']))\n"
        "from quantrl.data import load_sample\n"
        "from quantrl.registry import build_agent\n"
        "panel = load_sample('us20')\n"
        "agent = build_agent('sharpe_portfolio')\n"
        "decided = agent.decide(panel.as_of(int(panel.time[8299])))\n"
        "assert decided.weights.sum() > 0.5, decided\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_it_remembers_can_be_kept() -> None:
    panel = load_sample("us20")
    straight, resumed = build_agent("sharpe_portfolio", {}), build_agent("sharpe_portfolio", {})
    assert isinstance(straight, Native)
    held = np.full(panel.n_instruments, 0.03)
    for t in range(6_200, 6_800):
        view = panel.as_of(int(panel.time[t])).with_held(held)
        one, other = straight.decide(view), resumed.decide(view)
        np.testing.assert_array_equal(one.weights, other.weights)
        if t % 37 == 0:
            kept = resumed.snapshot()
            resumed = build_agent("sharpe_portfolio", {})
            resumed.restore(kept, view.now, view.n_instruments)
            assert resumed.snapshot() == kept
    with pytest.raises(DataError, match="state: expected"):
        resumed.restore(b"short", view.now, view.n_instruments)
