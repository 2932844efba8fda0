"""E3: FinRL's ``StockTradingEnv``, its module file loaded alone, beside ours on the same prices.

The two are different games (whole shares bought at the close just seen, against weights filled at the next close), so
agreement is asked for where they meet: names bought once and held must be worth the same every day.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from importlib import metadata
from typing import Any

import numpy as np

from quantrl.cli.bench.env_rows.market import THREADS, Size, market, panel, random_actions
from quantrl.cli.bench.env_rows.speed import stepper
from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.envs import PortfolioConfig
from quantrl.typing import FloatArray

N = 30
BPS = 10.0
FILE = "finrl/meta/env_stock_trading/env_stocktrading.py"
CASH, SHARES, MOST_SHARES = 1_000_000, 250, 1000
START, DAYS = 60, 120
YEAR = 252
"""Days of the peer's table: it searches the whole of it at every step."""


def case(size: Size, wanted: bool) -> RateCase:
    """One bar a step on both sides; without the peer our own rates only."""
    data = market(N)
    config = PortfolioConfig.of(fill="next_close", decision_every=1, cost_bps=BPS)
    many, one = f"quantrl, N={size.n_envs:,}", "quantrl, N=1"
    ours = (
        Contender(many, stepper(data, config, size.n_envs, size.steps), size.n_envs * size.steps),
        Contender(one, stepper(data, config, 1, size.single_steps), size.single_steps),
    )
    peer: Contender | None = None
    checks: tuple[Check, ...] = ()
    absent: dict[str, str] = {}
    if wanted:
        try:
            peer = Contender("finrl", _random_steps(_frame(0, YEAR), size.peer_steps), size.peer_steps)
            checks = (Check("finrl", lambda: held_by_us(config), held_by_finrl, 1e-6),)
        except ImportError as error:
            absent = {"finrl": f"not installed here ({error})"}
    return RateCase(
        id="E3",
        title=f"FinRL StockTradingEnv, {N} stocks, 1 bar a step, index, {THREADS} threads",
        unit="env-steps",
        contenders=ours if peer is None else (*ours, peer),
        goals=(Goal(many, 1000.0, "finrl"),),
        checks=checks,
        absent=absent,
        sha256=data.id,
        notes=(f"FinRL runs on {YEAR} days with one indicator column, the least it works with.",)
        if peer
        else (),
    )


def environment_class() -> Any:
    """FinRL's class, without the packages that importing ``finrl`` would ask for.

    Raises
    ------
    ImportError
        FinRL, or what its module imports, is not installed.
    """
    try:
        file = metadata.distribution("finrl").locate_file(FILE)
    except metadata.PackageNotFoundError as error:
        raise ImportError(f"No package metadata for {error.name!r}") from None
    spec = importlib.util.spec_from_file_location("finrl_env_stocktrading", str(file))
    if spec is None or spec.loader is None:
        raise ImportError(f"no module file {FILE}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.StockTradingEnv


def _frame(start: int, stop: int) -> Any:
    """FinRL's own table: a row per day and name, the day as index."""
    pandas: Any = importlib.import_module("pandas")
    close = panel(N)["close"][start:stop]
    days = np.repeat(np.arange(len(close)), N)
    names = [f"N{i:02d}" for i in range(N)] * len(close)
    columns = {"date": days, "tic": names, "close": close.ravel(), "indicator": np.zeros(close.size)}
    return pandas.DataFrame(columns, index=days)


def _environment(frame: Any) -> Any:
    rate = [BPS * 1e-4] * N
    return environment_class()(
        df=frame,
        stock_dim=N,
        hmax=MOST_SHARES,
        initial_amount=CASH,
        num_stock_shares=[0] * N,
        buy_cost_pct=rate,
        sell_cost_pct=rate,
        reward_scaling=1e-4,
        state_space=1 + 3 * N,
        action_space=N,
        tech_indicator_list=["indicator"],
        print_verbosity=10**9,
    )


def _random_steps(frame: Any, steps: int) -> Callable[[], None]:
    env = _environment(frame)
    actions = random_actions(PortfolioConfig.of(), 1, N, steps)[:, 0, 1:] * 0.1
    env.reset()

    def call() -> None:
        for action in actions:
            _, _, terminated, _, _ = env.step(action)
            if terminated:
                env.reset()

    return call


def held_by_finrl() -> FloatArray:
    """(DAYS - 1,) wealth, in units of the start, of `SHARES` of each name bought on the first day."""
    env = _environment(_frame(START + 1, START + 1 + DAYS))
    env.reset()
    env.step(np.full(N, (SHARES + 0.5) / MOST_SHARES))
    for _ in range(DAYS - 2):
        env.step(np.zeros(N))
    return np.array(env.asset_memory[1:]) / CASH


def held_by_us(config: PortfolioConfig) -> FloatArray:
    """The same purchase as target weights after costs, decided a bar earlier, then held."""
    from quantrl.envs._batch import Batch, Segment

    price = panel(N)["close"][START + 1]
    spent = SHARES * price / CASH
    weights = spent / (1.0 - BPS * 1e-4 * spent.sum())
    segment = Segment(START, START + 1 + DAYS)
    own = config.replace(action_map="identity")
    batch = Batch(market(N), own, n_envs=1, seed=0, segment=segment, mode="evaluate")
    batch.reset()
    actions = np.full((DAYS, 1, N + 1), np.nan, dtype=np.float32)
    actions[0, 0] = [1.0 - weights.sum(), *weights]
    wealth = []
    for action in actions:
        batch.step(action)
        wealth.append(float(batch.core.wealth()[0]))
    return np.array(wealth[1:])
