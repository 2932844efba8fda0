"""E1 and E2: the engine by itself, and the environment that Stable-Baselines3 steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from quantrl.cli.bench.env_rows.market import THREADS, Size, market, random_actions
from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Goal, RateCase
from quantrl.envs import Market, PortfolioConfig

N = 10


def core(size: Size) -> RateCase:
    """Steps of the Rust batch with prefilled random actions; nothing crosses into Python meanwhile."""
    from quantrl.envs._batch import Batch, Segment

    data, config = market(N), PortfolioConfig.of()
    actions = random_actions(config, size.n_envs, N)

    def contender(threads: int) -> Contender:
        segment = Segment.of(data, None, None)
        batch = Batch(data, config, n_envs=size.n_envs, seed=0, segment=segment, threads=threads)
        batch.reset()
        name = f"core, {threads} thread{'s' * (threads > 1)}"
        return Contender(name, lambda: batch.core.bench(actions, size.steps), size.n_envs * size.steps)

    ours = contender(THREADS)
    return RateCase(
        id="E1",
        title=f"core, {_what(config, size.n_envs)}, index",
        unit="env-steps",
        contenders=(ours, contender(1)),
        goals=(Goal(ours.name, 5e6),),
        sha256=data.id,
    )


def loop(size: Size) -> RateCase:
    """`PortfolioVecEnv.step` from Python, resets included."""
    data, config = market(N), PortfolioConfig.of()
    index, image = (
        Contender(kind, stepper(data, config.replace(obs=kind), size.n_envs, size.steps), count)
        for kind, count in (("index", size.n_envs * size.steps), ("image", size.n_envs * size.steps))
    )
    return RateCase(
        id="E2",
        title=f"PortfolioVecEnv.step, {_what(config, size.n_envs)}, {THREADS} threads",
        unit="env-steps",
        contenders=(index, image),
        goals=(Goal("index", 1e6), Goal("image", 0.3e6)),
        sha256=data.id,
    )


def stepper(data: Market, config: PortfolioConfig, n_envs: int, steps: int) -> Callable[[], None]:
    """A call that steps `n_envs` environments `steps` times with actions made before."""
    from quantrl.envs import make_vec_env

    env: Any = make_vec_env(data, config, n_envs=n_envs, threads=THREADS)
    actions = list(random_actions(config, n_envs, data.shape[1]))
    env.reset()

    def call() -> None:
        for k in range(steps):
            env.step(actions[k % len(actions)])

    return call


def _what(config: PortfolioConfig, n_envs: int) -> str:
    return f"n={N}, N={n_envs:,}, {config.sizing}, {config.decision_every} bars a step"
