"""P4 to P6: one decision of a value policy natively; collecting with a learner; a whole backtest without Python."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from quantrl.agents.dqn_statarb.algos import make_learner
from quantrl.agents.dqn_statarb.backtest.market import market
from quantrl.agents.dqn_statarb.backtest.run import run_pair
from quantrl.agents.dqn_statarb.config import StatArbTrain
from quantrl.agents.dqn_statarb.export import export_policy
from quantrl.agents.dqn_statarb.policy import PairPolicy, load_policy
from quantrl.cli.bench.env_rows.learner import NullVecEnv, one_torch_thread
from quantrl.cli.bench.env_rows.market import THREADS, Size
from quantrl.cli.bench.env_rows.pair import N, random_actions
from quantrl.cli.bench.env_rows.recorded_pair import recorded
from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.envs import PairConfig, make_vec_env
from quantrl.envs.pair.batch import fingerprint
from quantrl.typing import FloatArray

WIDE, SMALL = (256, 256), (64, 64)
ROWS = 4096
LIMIT = 1e-5
_SHOWN = ("render_mode", "layout", "config", "num_envs")
_RECORDED_STEPS = 200


def acting(size: Size, name: str) -> RateCase:
    """Native values of full observations, one at a time; torch and Stable-Baselines3 on one at a time too."""
    config = PairConfig.books(features="full")
    model, native = _learner(config, "ddqn", WIDE, 1), _policy(config, WIDE)
    obs = _observations(config, ROWS if name == "full" else 64)
    single = torch.from_numpy(obs[:1].copy())
    module = model.nets[0]

    def ours() -> FloatArray:
        return native.values(obs).astype(np.float64)

    def theirs() -> FloatArray:
        with torch.no_grad():
            values: FloatArray = module.values(torch.from_numpy(obs)).numpy().astype(np.float64)
        return values

    def torch_module() -> None:
        with one_torch_thread(), torch.no_grad():
            for _ in range(size.actions):
                module.values(single)

    def predict() -> None:
        with one_torch_thread():
            for k in range(size.actions):
                model.predict(obs[k % len(obs)], deterministic=True)

    def called() -> None:
        for k in range(size.actions):
            native.native.act(obs[k % len(obs), None])

    rate = "native act, one call"
    return RateCase(
        id="P4",
        title=f"one decision, {len(obs[0])} inputs, net {WIDE}, 3 actions, one torch thread",
        unit="decisions",
        contenders=(
            Contender(rate, lambda: native.native.act(obs), len(obs)),
            Contender("native act, a call each", called, size.actions),
            Contender("torch module", torch_module, size.actions),
            Contender("SB3 predict", predict, size.actions),
        ),
        goals=(Goal(rate, 2e5), Goal(rate, 4.0, "torch module"), Goal(rate, 10.0, "SB3 predict")),
        checks=(Check("torch module", ours, theirs, LIMIT),),
        sha256=fingerprint(config, "train").hex(),
        notes=("One call decides many observations, each by itself: 2e5 a second are 5 microseconds.",),
    )


def collecting(size: Size, name: str) -> RateCase:
    """Steps a second that Stable-Baselines3 collects at 5 % exploration, without updates, beside a free environment."""
    config, n = PairConfig.books(features="full"), N[name]
    steps = max(size.steps // 20, 2) * n
    contenders: list[Contender] = []
    goals: list[Goal] = []
    for algo in ("ddqn", "qr"):
        for what, env in (("", _env(config, n)), (", null env", _FreePairs(_env(config, n)))):
            model = _learner(config, algo, WIDE, n, env)
            contenders.append(Contender(f"{algo}{what}", _collect(model, steps), steps))
        one, two = contenders[-2:]
        goals += [Goal(one.name, 2e5), Goal(one.name, 0.5, two.name)]
    return RateCase(
        id="P5",
        title=f"Stable-Baselines3 collection, books, full, net {WIDE}, N={n}, {THREADS} torch threads",
        unit="steps",
        contenders=tuple(contenders),
        goals=tuple(goals),
        sha256=fingerprint(config, "train").hex(),
        notes=("qr has 50 quantiles. No gradient step is made.",),
    )


def trading(size: Size, name: str) -> RateCase:
    """Whole backtests on one core, every decision and fill kept."""
    contenders = []
    for features, net in (("core", SMALL), ("full", WIDE)):
        for where, config in (
            ("tape", recorded(name, features)),
            ("books", PairConfig.books(features=features)),
        ):
            decisions = size.steps * 10
            contenders.append(
                Contender(f"{where}, {features}, net {net}", _backtest(config, net, decisions), decisions)
            )
    return RateCase(
        id="P6",
        title="native backtest with a policy, one thread",
        unit="decisions",
        contenders=tuple(contenders),
        goals=tuple(Goal(contender.name, 1.5e5) for contender in contenders),
        sha256=fingerprint(recorded(name, "full"), "evaluate").hex(),
        notes=("The result's columns included, its figures not.",),
    )


def _backtest(config: PairConfig, net: tuple[int, ...], decisions: int) -> Callable[[], object]:
    policy, pair = _policy(config, net), market(config, segment="all")
    return lambda: run_pair(policy.native, pair, names=policy.names, decisions=decisions, capital=1e9)


def _env(config: PairConfig, n: int) -> Any:
    return make_vec_env(config, n_envs=n, threads=THREADS)


class _FreePairs(NullVecEnv):
    """What a learner asks of pairs, for nothing."""

    def __init__(self, env: Any) -> None:
        self.config: PairConfig = env.config
        super().__init__(env, _played(env, _RECORDED_STEPS), _SHOWN)


def _played(env: Any, steps: int) -> list[NDArray[np.float32]]:
    seen = [np.array(env.reset())]
    for actions in random_actions(env.num_envs, steps):
        seen.append(np.array(env.step(actions)[0]))
    return seen


def _observations(config: PairConfig, rows: int) -> NDArray[np.float32]:
    return np.concatenate(_played(_env(config, 64), rows // 64))[:rows]


def _learner(config: PairConfig, algo: str, net: tuple[int, ...], n: int, env: Any = None) -> Any:
    how: dict[str, Any] = {"algo": algo, "net": net, "n_envs": n, "quantiles": 50, "learning_starts": 0}
    train = StatArbTrain(**how, eps_share=1e-9, buffer=max(10_000, 4 * n), gradient_steps=1)
    model = make_learner(train, _env(config, n) if env is None else env, seed=0)
    model.gradient_steps = 0
    return model


@contextmanager
def _torch_threads() -> Iterator[None]:
    """As many as the environment's."""
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _collect(model: Any, steps: int) -> Callable[[], None]:
    def call() -> None:
        with _torch_threads():
            model.learn(steps, reset_num_timesteps=False)

    return call


@cache
def _policy(config: PairConfig, net: tuple[int, ...]) -> PairPolicy:
    """An untrained one: what it decides costs the same."""
    with tempfile.TemporaryDirectory() as folder:
        model = _learner(config, "ddqn", net, 1)
        export_policy(model, Path(folder), pair=config, algo="ddqn", seed=0, meta={})
        return load_policy(folder)
