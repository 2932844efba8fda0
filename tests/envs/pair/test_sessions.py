"""Sessions: with objective cvar an episode closes flat at cost, and shows what it has earned on top of a first stock."""

from __future__ import annotations

import numpy as np
import pytest

from envs.pair.cases import random_actions
from quantrl.envs import PairConfig, make_vec_env
from quantrl.envs.pair import PairBatch
from quantrl.errors import ConfigError

T = 16
SESSIONS = PairConfig.books(objective="cvar", episode_len=T, stock=(-2.0, 1.0), stock_unit=3.0)


def test_a_session_ends_flat_and_terminated_whatever_is_chosen() -> None:
    batch = PairBatch(SESSIONS, n_envs=32, seed=4, mode="evaluate")
    obs = batch.reset()
    held, paid = batch.layout.at("position"), batch.totals.index("cost")
    for k in range(T):
        legal = obs[:, batch.layout.legal]
        assert (legal == ([0.0, 1.0, 0.0] if k == T - 1 else [1.0, 1.0, 1.0])).all()
        before = batch.core.totals()[:, paid]
        step = batch.step(np.full(32, 2))
        assert step.terminated.all() == (k == T - 1)
        assert not step.truncated.any()
        obs = step.obs
    assert (step.last_obs[:, held] == 0.0).all()
    # A whole position was given up: half the spread and the fees of both legs, k = 0.2 s.
    assert np.allclose(step.totals[:, paid] - before, SESSIONS.cost, rtol=0.02)
    assert (step.totals[:, batch.totals.index("illegal")] == 0).all()


def test_a_close_pays_whatever_the_book_asks() -> None:
    """Latency lets books run away from a limit of one tick; a close has no limit."""
    late = (1, 1, 600, 1, 1)
    pair = SESSIONS.replace(slip_ticks=0, theta_low=late, theta_high=late)
    batch = PairBatch(pair, n_envs=64, seed=4, mode="evaluate")
    batch.reset()
    legged = False
    for _ in range(T - 1):
        step = batch.step(random_actions((64,), seed=_))
        legged |= bool((step.obs[:, batch.layout.at("imbalance")] != 0).any())
    assert legged
    step = batch.step(np.full(64, 2))
    assert (step.last_obs[:, batch.layout.at("position")] == 0.0).all()
    assert (step.last_obs[:, batch.layout.at("imbalance")] == 0.0).all()


def test_the_stock_is_the_first_one_and_what_was_earned() -> None:
    batch = PairBatch(SESSIONS, n_envs=256, seed=7)
    obs, place = batch.reset(), batch.layout.at("stock")
    first = obs[:, place] * SESSIONS.stock_unit
    points = np.linspace(-2.0, 1.0, 16)
    assert np.abs(first[:, None] - points).min(axis=1).max() < 1e-6
    assert len(np.unique(np.round(first, 4))) == 16
    earned = np.zeros(256)
    open_ = np.ones(256, dtype=bool)
    for k in range(T):
        step = batch.step(random_actions((256,), seed=k))
        earned += step.rewards
        shown = step.obs[:, place].copy()
        shown[step.indices] = step.last_obs[:, place]
        assert np.allclose(shown[open_] * SESSIONS.stock_unit, (first + earned)[open_], atol=1e-5)
        open_ &= ~(step.terminated.astype(bool))


def test_stocks_are_drawn_anew_and_change_no_market() -> None:
    """Equal seeds meet equal markets whatever the first stock is."""
    plain = PairBatch(SESSIONS.replace(objective="mean", stock=None), n_envs=8, seed=3, mode="evaluate")
    closing = PairBatch(SESSIONS, n_envs=8, seed=3, mode="evaluate")
    other = PairBatch(SESSIONS.replace(stock=(5.0, 5.0)), n_envs=8, seed=3, mode="evaluate")
    batches = [plain, closing, other]
    firsts = [batch.reset() for batch in batches]
    seen = []
    for k in range(3 * T):
        steps = [batch.step(random_actions((8,), seed=k)) for batch in batches]
        assert len({step.obs[:, :2].tobytes() for step in steps}) == 1
        if steps[1].terminated.any():
            seen.append(steps[1].obs[:, -4].tolist())
    assert firsts[2][:, -4].tolist() == [pytest.approx(5.0 / 3.0)] * 8
    assert seen[0] != seen[1]


def test_the_stable_baselines_view_does_not_bootstrap_a_close() -> None:
    env = make_vec_env(SESSIONS, n_envs=4, seed=2, mode="evaluate")
    env.reset()
    for _ in range(T):
        _, _, dones, infos = env.step(np.ones(4, dtype=np.int64))
    assert dones.all()
    assert not any(info["TimeLimit.truncated"] for info in infos)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"objective": "mean", "stock": (0.0, 1.0)}, "stock goes with objective='cvar'"),
        ({"stock": (1.0, 0.0)}, "stock must rise"),
        ({"reward": "differential_sharpe"}, "needs reward='pnl'"),
        ({"risk_aversion": 0.1}, "needs reward='pnl'"),
        ({"stock_unit": 0.0}, "stock_unit"),
        ({"stock": (0.0, float("nan"))}, "stock.1"),
    ],
)
def test_settings_without_meaning_are_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        PairConfig.books(**{"objective": "cvar", "episode_len": T, **settings})
