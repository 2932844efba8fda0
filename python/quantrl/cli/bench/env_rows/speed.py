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
    weekly, daily = _configs()
    ours = _batch(size, weekly, THREADS)
    return RateCase(
        id="E1",
        title=f"core, {_what(size.n_envs)}",
        unit="env-steps",
        contenders=(ours, _batch(size, weekly, 1), _batch(size, daily, THREADS), _batch(size, daily, 1)),
        goals=(Goal(ours.name, 5e6),),
        sha256=market(N).id,
    )


def _batch(size: Size, config: PortfolioConfig, threads: int) -> Contender:
    from quantrl.envs._batch import Batch, Segment

    data = market(N)
    actions = random_actions(config, size.n_envs, N)
    segment = Segment.of(data, None, None)
    batch = Batch(data, config, n_envs=size.n_envs, seed=0, segment=segment, threads=threads)
    batch.reset()
    name = f"index, {_bars(config)}, {threads} thread{'s' * (threads > 1)}"
    return Contender(name, lambda: batch.core.bench(actions, size.steps), size.n_envs * size.steps)


def loop(size: Size) -> RateCase:
    """`PortfolioVecEnv.step` from Python, resets included."""
    weekly, daily = _configs()
    contenders = [
        Contender(
            f"{config.obs}, {_bars(config)}",
            stepper(market(N), config, size.n_envs, size.steps),
            size.n_envs * size.steps,
        )
        for config in (weekly, daily, weekly.replace(obs="image"))
    ]
    return RateCase(
        id="E2",
        title=f"PortfolioVecEnv.step, {_what(size.n_envs)}, {THREADS} threads",
        unit="env-steps",
        contenders=tuple(contenders),
        goals=(Goal(contenders[0].name, 1e6), Goal(contenders[2].name, 0.3e6)),
        sha256=market(N).id,
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


def _configs() -> tuple[PortfolioConfig, PortfolioConfig]:
    """The default, which decides every five bars, and the same every bar."""
    return PortfolioConfig.of(), PortfolioConfig.of(decision_every=1)


def _bars(config: PortfolioConfig) -> str:
    return f"{config.decision_every} bar{'s' * (config.decision_every > 1)} a step"


def _what(n_envs: int) -> str:
    return f"n={N}, N={n_envs:,}, {PortfolioConfig.of().sizing}"
