"""E4: the scalar NumPy environment of the tests, where the source tree is there."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from quantrl.cli.bench.env_rows.market import ROWS, THREADS, Size, market, random_actions
from quantrl.cli.bench.env_rows.speed import N, stepper
from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.envs import PortfolioConfig
from quantrl.typing import FloatArray

MODULE = "reference.portfolio_env"
CHECKED = 60


def case(size: Size) -> RateCase:
    """Both on the same job, resets included."""
    data, config = market(N), PortfolioConfig.of()
    many, one = f"quantrl, N={size.n_envs:,}", "quantrl, N=1"
    ours = (
        Contender(many, stepper(data, config, size.n_envs, size.steps), size.n_envs * size.steps),
        Contender(one, stepper(data, config, 1, size.single_steps), size.single_steps),
    )
    peer: Contender | None = None
    checks: tuple[Check, ...] = ()
    absent: dict[str, str] = {}
    try:
        make = reference_class()
        peer = Contender("NumPy", _steps(make, config, size.peer_steps), size.peer_steps)
        checks = (Check("NumPy", lambda: played_by_us(config), lambda: played_by_it(make, config), 1e-12),)
    except ImportError as error:
        absent = {"NumPy": f"tests/reference is not here ({error})"}
    return RateCase(
        id="E4",
        title=f"scalar NumPy environment, n={N}, {config.decision_every} bars a step, index, {THREADS} threads",
        unit="env-steps",
        contenders=ours if peer is None else (*ours, peer),
        goals=(Goal(many, 200.0, "NumPy"), Goal(one, 5.0, "NumPy")),
        checks=checks,
        absent=absent,
        sha256=data.id,
    )


def reference_class() -> Any:
    """`ReferenceEnv` of the source tree around this file or below the current directory.

    Raises
    ------
    ImportError
        No source tree.
    """
    for root in (*Path(__file__).parents, Path.cwd()):
        folder = root / "tests"
        if (folder / "reference" / "portfolio_env.py").is_file():
            break
    else:
        raise ImportError("no source tree around this file or here")
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(MODULE).ReferenceEnv
    finally:
        sys.path.remove(str(folder))


def _steps(make: Any, config: PortfolioConfig, steps: int) -> Callable[[], None]:
    env, actions = make(market(N), config, 0, 0, 0, ROWS), random_actions(config, 1, N, steps)[:, 0]
    env.reset(0)

    def call() -> None:
        for episode, action in enumerate(actions):
            _, _, terminated, truncated = env.step(action)
            if terminated or truncated:
                env.reset(episode)

    return call


def played_by_us(config: PortfolioConfig) -> FloatArray:
    """(CHECKED, N + 2) wealth and weights of one environment under random actions, over the end of an episode."""
    from quantrl.envs._batch import Batch, Segment

    batch = Batch(market(N), config, n_envs=1, seed=0, segment=Segment(0, ROWS))
    batch.reset()
    rows = []
    for action in random_actions(config, 1, N, CHECKED):
        batch.step(action)
        rows.append([*batch.core.wealth(), *batch.core.holdings()[0]])
    return np.array(rows)


def played_by_it(make: Any, config: PortfolioConfig) -> FloatArray:
    """The same, one bar at a time."""
    env, episode, rows = make(market(N), config, 0, 0, 0, ROWS), 0, []
    env.reset(episode)
    for action in random_actions(config, 1, N, CHECKED)[:, 0]:
        _, _, terminated, truncated = env.step(action)
        if terminated or truncated:
            episode += 1
            env.reset(episode)
        rows.append([env.wealth, *env.weights])
    return np.array(rows)
