"""A small market and ten agents of many tempers, for tests of the whole contest."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np

from quantrl.agent import Decision, Evidence
from quantrl.config import SelectionConfig
from quantrl.data import Panel, View
from quantrl.selection import Contest, ContestResult, Pipeline

DAY = 86_400 * 10**9
BARS, NAMES = 600, 12
RULES = (
    "rules/equal_weight",
    "rules/buy_and_hold",
    "rules/mean_reversion",
    "rules/sma_cross",
    "rules/random_weights",
)


def market(bars: int = BARS, names: int = NAMES, seed: int = 3) -> Panel:
    """Opens and closes with a common factor, drifts that differ, and a few missing bars."""
    rng = np.random.default_rng(seed)
    factor = rng.standard_normal((bars, 1)) * 0.008
    drift = np.linspace(-0.0004, 0.0010, names)
    steps = drift + factor + rng.standard_normal((bars, names)) * 0.012
    close = 50.0 * np.exp(np.cumsum(steps, axis=0))
    open_ = close * np.exp(rng.standard_normal((bars, names)) * 0.003)
    gone = rng.random((bars, names)) < 0.002
    gone[0] = False
    close[gone] = np.nan
    open_[gone] = np.nan
    time = 10**18 + DAY * np.arange(1, bars + 1)
    columns = {"close": close, "open": open_}
    symbols = [f"S{i:02d}" for i in range(names)]
    return Panel(columns, time, symbols, periods_per_year=252.0, name="toy")


class Tilt:
    """Equal weights of what rose over `bars`, decided every five bars, held in between."""

    def __init__(self, bars: int) -> None:
        self.bars = bars

    def decide(self, view: View) -> Decision:
        n = view.n_instruments
        if view.n <= self.bars:
            return Decision.cash(n)
        if view.n % 5:
            return Decision.hold(n)
        past = view.row("close", view.n - 1 - self.bars)
        rose = np.nan_to_num(view.last("close"), nan=0.0) > np.nan_to_num(past, nan=np.inf)
        weights = rose / max(1, np.count_nonzero(rose))
        return Decision(weights, evidence=(Evidence("indicator", "rose", float(rose.sum())),))


class Noise:
    """Random weights, and a stated belief; the numbers depend on the bar alone."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def decide(self, view: View) -> Decision:
        rng = np.random.Generator(np.random.Philox(key=[self.seed, view.n]))
        weights = rng.dirichlet(np.ones(view.n_instruments)) * 0.9
        return Decision(weights, probability=float(rng.random()), tokens=7, usd=0.01)


class Sleeper:
    """In cash on most bars."""

    def decide(self, view: View) -> Decision:
        n = view.n_instruments
        return Decision(np.full(n, 0.8 / n)) if view.n % 4 == 0 else Decision.cash(n)


class Breaking:
    """Fails on the bars asked for, else holds equal weights."""

    def __init__(self, bars: Iterable[int]) -> None:
        self.bars = frozenset(bars)

    def decide(self, view: View) -> Decision:
        if view.n - 1 in self.bars:
            raise ValueError("no quote today")
        n = view.n_instruments
        return Decision(np.full(n, 1.0 / n))


def agents() -> list[Any]:
    """Ten agents: five rules by id, five objects; `copycat` is a copy of `tilt5`."""
    return [
        *RULES,
        ("tilt5", Tilt(5)),
        ("copycat", Tilt(5)),
        ("tilt40", Tilt(40)),
        ("noise", Noise(4)),
        ("sleeper", Sleeper()),
    ]


def contest(panel: Panel | None = None, *, entrants: list[Any] | None = None, **options: Any) -> Contest:
    """The contest most tests run."""
    settings: dict[str, Any] = {"fill": "next_close", "seed": 5, **options}
    return Contest(entrants or agents(), panel or market(), settings.pop("pipeline", None), **settings)


def quick(**settings: Any) -> Pipeline:
    """A pipeline with two slots and a short memory, so that the toy market makes it move."""
    return Pipeline.default(
        SelectionConfig(**{"half_life": 21.0, "top_k": 2, "cusum_cut": 6.0, "ban": 20, **settings}), seed=5
    )


@cache
def finished(fill: str = "next_close") -> ContestResult:
    """The toy contest, run once per session and fill."""
    return contest(fill=fill, pipeline=quick()).run()
