"""The batch against the scalar oracle: every two modes together, random actions, holds, halts, resets and ruin."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from envs.pairwise import covering
from quantrl.envs import Market, PortfolioConfig
from quantrl.envs._batch import Batch, Segment, Step
from quantrl.rng import generator
from reference.portfolio_env import ReferenceEnv

N_ALL, ROWS, N_ENVS, STEPS = 5, 260, 4, 10_000
FIELDS: dict[str, tuple[Any, ...]] = {
    "fill": ("next_open", "next_close"),
    "growth": ("arithmetic", "geometric"),
    "sizing": ("post_cost", "first_order"),
    "action_map": ("tilt", "softmax01", "identity"),
    "base": ("equal", "inverse_vol", (0.3, 0.1, 0.2, 0.1, 0.2, 0.1)),
    "reward": ("markov_sharpe", "avg_sharpe", "terminal_sharpe", "differential_sharpe", "log_return"),
    "turnover_penalty": (0.0, 0.05),
    "assets": ("fixed", "random"),
    "start_weights": ("dirichlet", "cash"),
    "obs": ("index", "image", "released"),
    "norm": ("log100", "ratio"),
    "decision_every": (1, 3),
    "costs": ("one", "each", "sides"),
    "ruin_level": (1e-6, 0.9),
    "halts": (False, True),
    "evaluation": (False, True),
}
COSTS: dict[str, dict[str, Any]] = {
    "one": {"cost_bps": 25.0},
    "each": {"cost_bps": (5.0, 10.0, 50.0, 200.0, 0.0)},
    "sides": {"buy_bps": 10.0, "sell_bps": (60.0, 30.0, 20.0, 15.0, 10.0)},
}


def valid(row: dict[str, Any]) -> bool:
    """A base given as weights is for fixed assets."""
    return not (row.get("assets") == "random" and isinstance(row.get("base"), tuple))


CASES = covering(FIELDS, valid)
STEPS_EACH = -(-STEPS // (N_ENVS * len(CASES)))


def market(halts: bool) -> Market:
    """Five names, the last from row 20 on; with `halts`, one in ten bars forbids a side."""
    random = generator(11, 0, "check")
    co = np.exp(random.normal(0.0, 0.01, (ROWS, N_ALL)))
    oc = np.exp(random.normal(0.0, 0.02, (ROWS, N_ALL)))
    close = np.cumsum(np.log(co * oc), axis=0)
    logs = np.stack([close, close + 0.01, close - 0.01, close - np.log(oc)], axis=2).astype(np.float32)
    first = np.array([0, 0, 3, 0, 20])
    logs[np.arange(ROWS)[:, None] < first] = np.nan
    sides = (random.random((2, ROWS, N_ALL)) > 0.1 * halts).astype(np.uint8)
    return Market(
        features=logs,
        cc=co * oc,
        co=co,
        oc=oc,
        can_buy=sides[0],
        can_sell=sides[1],
        first=first.astype(np.int64),
        time=np.arange(ROWS, dtype=np.int64),
        instruments=tuple("ABCDE"),
        columns=("close", "high", "low", "open"),
        periods_per_year=252.0,
    )


MARKETS = {halts: market(halts) for halts in (False, True)}


def settings(row: dict[str, Any]) -> PortfolioConfig:
    """The row as settings of an environment with short episodes."""
    own = {name: row[name] for name in row if name not in ("costs", "halts", "evaluation")}
    if row["assets"] == "random":
        own["n_assets"] = 3
    return PortfolioConfig.of(window=8, episode_len=30, **own, **COSTS[row["costs"]])


def actions(config: PortfolioConfig, n_actions: int, steps: int) -> np.ndarray:
    """Beyond the bounds of a box on both sides; for ``identity`` portfolios, one in five a hold."""
    random = generator(12, 0, "check")
    if config.action_map != "identity":
        return random.uniform(-1.5, 1.5, (steps, N_ENVS, n_actions)).astype(np.float32)
    drawn = random.dirichlet(np.ones(n_actions), (steps, N_ENVS)).astype(np.float32)
    drawn[random.random((steps, N_ENVS)) < 0.2] = np.nan
    return drawn


def segment(row: dict[str, Any]) -> tuple[int, int]:
    """Names drawn per episode may appear later; an evaluation begins with a full window behind it."""
    start = 2 if row["assets"] == "random" else 20
    return start + (7 if row["evaluation"] else 0), ROWS - 3


class Pair:
    """One environment of the batch beside its oracle."""

    def __init__(self, oracle: ReferenceEnv, config: PortfolioConfig) -> None:
        self.oracle, self.config = oracle, config
        self.episode, self.earned, self.decisions = 0, 0.0, 0
        self.obs = oracle.reset(0)

    def step(self, action: np.ndarray) -> tuple[float, bool, bool]:
        """The oracle's decision, counted into the totals of its episode."""
        self.obs, reward, terminated, truncated = self.oracle.step(action)
        self.earned, self.decisions = self.earned + reward, self.decisions + 1
        return reward, terminated, truncated

    def totals(self) -> list[float]:
        """Reward sum, decisions and wealth."""
        return [self.earned, self.decisions, self.oracle.wealth]

    def begin_anew(self) -> None:
        """The next episode."""
        self.episode, self.earned, self.decisions = self.episode + 1, 0.0, 0
        self.obs = self.oracle.reset(self.episode)

    def same_obs(self, obs: np.ndarray) -> None:
        """<= 1e-6, and 1e-4 for an image of log prices."""
        loose = self.config.obs != "index" and self.config.norm == "log100"
        np.testing.assert_allclose(obs, self.obs, rtol=0, atol=1e-4 if loose else 1e-6)


def restarted(batch: Batch, step: Step) -> np.ndarray:
    """An evaluation stays where it ended until it is asked to begin anew."""
    np.testing.assert_array_equal(step.obs[step.indices], step.last_obs)
    mask = np.zeros(N_ENVS, dtype=np.uint8)
    mask[step.indices] = 1
    return batch.reset(mask=mask)


@pytest.mark.parametrize("row", CASES, ids=lambda row: "-".join(str(k) for k in row.values())[:60])
def test_batch_is_the_oracle(row: dict[str, Any]) -> None:
    config, data = settings(row), MARKETS[row["halts"]]
    mode = "evaluate" if row["evaluation"] else None
    start, end = segment(row)
    batch = Batch(data, config, n_envs=N_ENVS, seed=5, segment=Segment(start, end), mode=mode, env_id0=3)
    pairs = [
        Pair(ReferenceEnv(data, config, 5, 3 + i, start, end, row["evaluation"]), config)
        for i in range(N_ENVS)
    ]
    first = batch.reset()
    for pair, obs in zip(pairs, first, strict=True):
        pair.same_obs(obs)
    for action in actions(config, batch.layout.n_actions, STEPS_EACH):
        step = batch.step(action)
        finished = {env: slot for slot, env in enumerate(step.indices.tolist())}
        obs = step.obs if not row["evaluation"] or not finished else restarted(batch, step)
        for i, pair in enumerate(pairs):
            reward, terminated, truncated = pair.step(action[i])
            assert (bool(step.terminated[i]), bool(step.truncated[i])) == (terminated, truncated)
            assert step.rewards[i] == pytest.approx(reward, rel=2e-7, abs=1e-9)
            if terminated or truncated:
                pair.same_obs(step.last_obs[finished[i]])
                np.testing.assert_allclose(step.totals[finished[i]], pair.totals(), rtol=1e-9, atol=1e-12)
                pair.begin_anew()
            pair.same_obs(obs[i])
        wealth = [pair.oracle.wealth for pair in pairs]
        np.testing.assert_allclose(batch.core.wealth(), wealth, rtol=1e-12, atol=0)
        weights = [pair.oracle.weights for pair in pairs]
        np.testing.assert_allclose(batch.core.holdings(), weights, rtol=0, atol=1e-12)


def test_every_two_modes_meet_and_ten_thousand_steps_are_made() -> None:
    assert len(CASES) * N_ENVS * STEPS_EACH >= STEPS
    for one, two in ((a, b) for a in FIELDS for b in FIELDS if a < b):
        met = {(row[one], row[two]) for row in CASES}
        allowed = {(x, y) for x in FIELDS[one] for y in FIELDS[two] if valid({one: x, two: y})}
        assert met == allowed
