"""E6: one decision of a trained policy, by native inference beside Stable-Baselines3's ``predict``."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantrl import _core
from quantrl.cli.bench.env_rows.learner import NET, one_torch_thread, ppo
from quantrl.cli.bench.env_rows.market import Size, market, random_actions
from quantrl.cli.bench.env_rows.speed import N
from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.envs import PortfolioConfig, make_vec_env
from quantrl.typing import FloatArray

CHECKED = 64
LIMIT = 1e-5


def case(size: Size) -> RateCase:
    """One observation at a time; both must give the same action at 64 of them."""
    config, data = PortfolioConfig.of(), market(N)
    env = make_vec_env(data, config, n_envs=CHECKED)
    model = ppo(env, n_steps=2)
    observations = _observations(env)
    title = f"one decision, {NET}, n={N}, one torch thread"
    native = _native(model, config)

    def ours() -> FloatArray:
        return np.concatenate([native.act(row[None]) for row in observations]).astype(np.float64)

    def theirs() -> FloatArray:
        actions: FloatArray = model.predict(observations, deterministic=True)[0].astype(np.float64)
        return actions

    def act() -> None:
        for k in range(size.actions):
            native.act(observations[k % CHECKED, None])

    def predict() -> None:
        with one_torch_thread():
            for k in range(size.actions):
                model.predict(observations[k % CHECKED], deterministic=True)

    return RateCase(
        id="E6",
        title=title,
        unit="decisions",
        contenders=(
            Contender("native act", act, size.actions),
            Contender("SB3 predict", predict, size.actions),
        ),
        goals=(Goal("native act", 3.0, "SB3 predict"),),
        checks=(Check("SB3 predict", ours, theirs, LIMIT),),
        sha256=data.id,
    )


def _observations(env: Any) -> NDArray[np.float32]:
    """(CHECKED, D), a few random decisions into as many episodes."""
    env.reset()
    for action in random_actions(env.config, CHECKED, N, 5):
        rows = env.step(action)[0]
    kept: NDArray[np.float32] = rows.copy()
    return kept


def _native(model: Any, config: PortfolioConfig) -> Any:
    """The policy exported, read again and bound to the market."""
    from quantrl.agents.sharpe_portfolio import export

    data = market(N)
    with tempfile.TemporaryDirectory() as folder:
        export.export_policy(
            model, Path(folder), env_config=config, market_id=data.id, seed=0, meta={"columns": data.columns}
        )
        return _core.NativePolicy.load(folder).bind(data.features)
