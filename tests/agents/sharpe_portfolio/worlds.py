"""Small worlds and policies whose answer is known: what the evaluation is tested on."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from quantrl.agents.sharpe_portfolio.evaluation.baselines import BASELINES
from quantrl.agents.sharpe_portfolio.evaluation.study import Options, Study
from quantrl.agents.sharpe_portfolio.evaluation.trials import TrialCount
from quantrl.data import Panel
from quantrl.envs import Market, PortfolioConfig
from quantrl.units import NS_PER_DAY

Fold = namedtuple("Fold", "index train validation test")

CONFIG = PortfolioConfig(window=5, episode_len=12, fill="next_close", cost_bps=10)
RULES = tuple(one for one in BASELINES if one.agent != "skfolio_portfolio")
FEW = Options(draws=20, bootstrap=200, baselines=RULES)
ONE_TRIAL = TrialCount("sharpe_portfolio", "d", "w", 1, 0, float("nan"))


def panel_of(returns: np.ndarray) -> Panel:
    """Daily closes from 1970-01-02, a row more than there are returns."""
    close = 100 * np.vstack([np.ones(returns.shape[1]), np.cumprod(1 + returns, axis=0)])
    time = NS_PER_DAY * np.arange(1, len(close) + 1, dtype=np.int64)
    names = [f"N{i}" for i in range(close.shape[1])]
    return Panel.from_arrays({"close": close}, time, names, periods_per_year=252, name="world")


def independent(seed: int, bars: int = 600, names: int = 3) -> Panel:
    """Nothing to learn: independent normal returns."""
    return panel_of(np.random.default_rng(seed).normal(0.0004, 0.01, (bars, names)))


def folds(first: int = 200, test: int = 105, count: int = 3, validation: int = 63) -> list[Fold]:
    """Consecutive test segments behind a validation and a gap of 5 bars."""
    starts = [first + test * i for i in range(count)]
    return [
        Fold(i, (0, s - validation - 10), (s - validation - 5, s - 5), (s, s + test))
        for i, s in enumerate(starts)
    ]


class Constant:
    """The same action whatever it sees."""

    def __init__(self, *action: float) -> None:
        self.action = np.array(action, dtype=np.float32)

    def act(self, obs: np.ndarray) -> np.ndarray:
        return np.tile(self.action, (len(obs), 1))


class Reader:
    """Tilts by a table of what each row is worth; knows nothing but the row it is shown."""

    def __init__(self, worth: np.ndarray) -> None:
        self.worth = worth.astype(np.float32)

    def act(self, obs: np.ndarray) -> np.ndarray:
        return self.worth[obs[:, 0].astype(np.int64)]


class Jitter:
    """Acts at random, but the same for the same observation."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def act(self, obs: np.ndarray) -> np.ndarray:
        rows = obs[:, 0].astype(np.int64)
        draws = np.random.default_rng(self.seed).uniform(-1, 1, (2000, obs.shape[1] - 1 - 5))
        return draws[rows].astype(np.float32)


def oracle(panel: Panel, every: int = 5) -> Reader:
    """Knows which name will earn most over the bars its decision is held for, filled one close later."""
    close = np.array(panel["close"])
    worth = np.full((len(close), panel.n_instruments + 1), -1.0)
    for row in range(len(close) - every - 1):
        gain = close[row + every + 1] / close[row + 1]
        worth[row, 1 + int(np.argmax(gain))] = 1.0
    return Reader(worth)


def study(panel: Panel, policies: dict[int, Any], *, cut: list[Fold] | None = None, **changes: Any) -> Study:
    """The same policies, by seed, in every fold."""
    segments = cut or folds()
    config = changes.pop("config", CONFIG)
    trials = changes.pop("trials", ONE_TRIAL)
    return Study(panel, config, segments, {fold.index: policies for fold in segments}, trials)


def market(panel: Panel, config: PortfolioConfig = CONFIG) -> Market:
    return Market.of(panel, config)
