"""P1 to P3: the pair environment by itself, from Python, and beside the scalar environment of the tests."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantrl.cli.bench.env_rows.market import THREADS, Size
from quantrl.cli.bench.env_rows.recorded_pair import EVENTS, recorded
from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.envs import PairConfig, make_vec_env
from quantrl.envs.pair import PairBatch
from quantrl.envs.pair.batch import fingerprint
from quantrl.rng import generator
from quantrl.typing import FloatArray

N = {"full": 256, "small": 8}
LOOPS = {"full": (1, 64, 256, 1024), "small": (1, 8)}
MODULE = "reference.pair_env"
CHECKED = 60
ACTIONS = 64
_STREAM = 9003


def random_actions(n: int, rows: int = ACTIONS) -> NDArray[np.int32]:
    """(rows, n) targets of A3."""
    return generator(0, _STREAM, "synthetic").integers(0, 3, (rows, n), dtype=np.int32)


def core(size: Size, name: str) -> RateCase:
    """Steps of the Rust batch with prefilled random actions; nothing crosses into Python meanwhile."""
    n = N[name]
    full = PairConfig.books(features="full")
    pairs = (full, recorded(name, "full"), PairConfig.books(), recorded(name, "core"))
    contenders = tuple(_batch(size, c, n, threads) for c in pairs for threads in (THREADS, 1))
    aims = zip(contenders[:4], (1e6, 0.5e6, 1e6, 0.5e6), strict=True)
    return RateCase(
        id="P1",
        title=f"core, N={n} ({2 * n} books), A3, random actions",
        unit="decisions",
        contenders=contenders,
        goals=tuple(Goal(contender.name, rate) for contender, rate in aims),
        sha256=fingerprint(full, "train").hex(),
        notes=(f"replay: a tape of {EVENTS[name]:,} events of each leg, about 10 a decision, read before.",),
    )


def _batch(size: Size, config: PairConfig, n: int, threads: int) -> Contender:
    batch, actions = PairBatch(config, n_envs=n, threads=threads), random_actions(n)
    batch.reset()
    name = f"{config.venue}, {config.features}, {threads} thread{'s' * (threads > 1)}"
    return Contender(name, lambda: batch.core.bench(actions, size.steps), n * size.steps)


def loop(size: Size, name: str) -> RateCase:
    """`PairVecEnv.step` from Python, resets included, beside the core with as many environments."""
    config, goals, contenders = PairConfig.books(features="full"), [], []
    for n in LOOPS[name]:
        steps = size.steps if n >= N[name] else size.steps * 4
        python = Contender(f"Python, N={n:,}", _stepper(config, n, steps), n * steps)
        inside = _batch(size, config, n, THREADS)
        native = Contender(f"core, N={n:,}", inside.call, inside.units)
        contenders += [python, native]
        if n >= N[name]:
            goals.append(Goal(python.name, 0.8, native.name))
    return RateCase(
        id="P2",
        title=f"PairVecEnv.step, books, full, {THREADS} threads",
        unit="decisions",
        contenders=tuple(contenders),
        goals=tuple(goals),
        sha256=fingerprint(config, "train").hex(),
    )


def _stepper(config: PairConfig, n: int, steps: int) -> Callable[[], None]:
    env: Any = make_vec_env(config, n_envs=n, threads=THREADS)
    actions = list(random_actions(n))
    env.reset()

    def call() -> None:
        for k in range(steps):
            env.step(actions[k % len(actions)])

    return call


def reference(size: Size, name: str) -> RateCase:
    """Both on the same episodes, resets included."""
    config, n = PairConfig.books(), N[name]
    contenders = [Contender(f"quantrl, N={n}", _stepper(config, n, size.steps), n * size.steps)]
    checks: tuple[Check, ...] = ()
    absent: dict[str, str] = {}
    try:
        make = reference_class()
        contenders.append(Contender("Python", _steps(make, config, size.peer_steps), size.peer_steps))
        checks = (Check("Python", lambda: _by_us(config), lambda: _by_it(make, config), 1e-9),)
    except ImportError as error:
        absent = {"Python": f"tests/reference is not here ({error})"}
    return RateCase(
        id="P3",
        title=f"scalar Python environment, books, core, {THREADS} threads",
        unit="decisions",
        contenders=tuple(contenders),
        goals=(Goal(contenders[0].name, 100.0, "Python"),),
        checks=checks,
        absent=absent,
        sha256=fingerprint(config, "train").hex(),
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
        if (folder / "reference" / "pair_env.py").is_file():
            break
    else:
        raise ImportError("no source tree around this file or here")
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(MODULE).ReferenceEnv
    finally:
        sys.path.remove(str(folder))


def _steps(make: Any, config: PairConfig, steps: int) -> Callable[[], None]:
    env, actions = make(config, 0, 0), random_actions(1, steps)[:, 0].tolist()
    env.reset()

    def call() -> None:
        for action in actions:
            _, _, terminated, truncated = env.step(action)
            if terminated or truncated:
                env.reset()

    return call


def _by_us(config: PairConfig) -> FloatArray:
    """(CHECKED,) P&L in U of one environment under random actions."""
    batch = PairBatch(config)
    batch.reset()
    rows = []
    for action in random_actions(1, CHECKED):
        batch.step(action)
        rows.append(batch.core.totals()[0, 2])
    return np.array(rows)


def _by_it(make: Any, config: PairConfig) -> FloatArray:
    env, rows = make(config, 0, 0), []
    env.reset()
    for action in random_actions(1, CHECKED)[:, 0].tolist():
        _, _, terminated, truncated = env.step(action)
        if terminated or truncated:
            env.reset()
        rows.append(env.wealth / env.unit_of_reward)
    return np.array(rows)
