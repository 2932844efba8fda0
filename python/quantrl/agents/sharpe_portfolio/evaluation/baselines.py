"""What the agent is held against: rules and optimisers asked at the same first row, traded in the same engine."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from quantrl.backtest import Schedule
from quantrl.registry import build_agent
from quantrl.typing import FloatArray

if TYPE_CHECKING:
    from quantrl.backtest import Fold
    from quantrl.data import Panel

CASH = "cash"
BREAK_EVEN = "equal_weight_21"
"""Baseline of the break-even cost."""


@dataclass(frozen=True)
class Baseline:
    """One baseline.

    Attributes
    ----------
    name, label : str
        In ``results.json``, and for people.
    agent : str
        Id in the registry; empty for cash.
    params : dict
    every : int
        Bars between decisions; 0 for one decision at the start and no other.
    """

    name: str
    label: str
    agent: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    every: int = 21

    @property
    def installed(self) -> bool:
        """Whether what it needs is there."""
        return self.agent != "skfolio_portfolio" or importlib.util.find_spec("skfolio") is not None


@dataclass(frozen=True, eq=False)
class BaselinePlan:
    """A baseline's decisions.

    Attributes
    ----------
    baseline : Baseline
    folds : tuple of Schedule
        Over each test segment, begun afresh from cash.
    failures : int
        Decisions at which an optimiser found nothing and the last weights were held.
    """

    baseline: Baseline
    folds: tuple[Schedule, ...]
    failures: int

    @property
    def stitched(self) -> Schedule:
        """Over all test segments in one account; what decides once does so in the first."""
        return self.folds[0] if self.baseline.every == 0 else stitch(self.folds)


def stitch(schedules: Sequence[Schedule]) -> Schedule:
    """Decisions of consecutive segments as those of one account."""
    rows = np.concatenate([s.rows for s in schedules if s.rows is not None])
    return Schedule(rows, np.concatenate([s.values for s in schedules]))


def _optimisers() -> list[Baseline]:
    methods = {
        "min_variance": "Min variance",
        "max_sharpe": "Max Sharpe",
        "cvar": "Min CVaR 95 %",
        "hrp": "Hierarchical risk parity",
        "risk_parity": "Risk parity",
    }
    return [
        Baseline(
            f"{method}_{lookback}",
            f"{label}, {lookback:,} bars",
            "skfolio_portfolio",
            {"method": method, "lookback": lookback},
        )
        for lookback in (252, 1008)
        for method, label in methods.items()
    ]


BASELINES: tuple[Baseline, ...] = (
    Baseline("equal_weight_1", "Equal weight, every bar", "rules/equal_weight", every=1),
    Baseline("equal_weight_21", "Equal weight, every 21 bars", "rules/equal_weight"),
    Baseline("buy_and_hold", "Buy and hold", "rules/buy_and_hold", every=0),
    Baseline(CASH, "Cash", every=0),
    Baseline("inverse_vol", "Inverse volatility, 63 bars", "rules/inverse_volatility"),
    *_optimisers(),
)

# Optimisers take most of an evaluation's time, and studies of many configurations share data and dates.
_PLANS: dict[tuple[str, str, tuple[tuple[int, int], ...]], BaselinePlan] = {}


def plan(
    baseline: Baseline, panel: Panel, folds: Sequence[Fold], tick: Callable[[], None] = lambda: None
) -> BaselinePlan:
    """Ask a baseline at the rows it decides after.

    Parameters
    ----------
    baseline : Baseline
    panel : Panel
        Each decision sees the rows up to its own.
    folds : sequence of Fold
        The first decision of each is at the first row of its test segment, as the agent's is.
    tick : callable
        Called when done.
    """
    key = (panel.id, repr(baseline), tuple(fold.test for fold in folds))
    if key not in _PLANS:
        _PLANS[key] = _plan(baseline, panel, folds)
    tick()
    return _PLANS[key]


def _plan(baseline: Baseline, panel: Panel, folds: Sequence[Fold]) -> BaselinePlan:
    schedules, failures = [], 0
    for fold in folds:
        start, stop = fold.test
        rows = np.arange(start, stop - 1, baseline.every or stop - start, dtype=np.int64)
        values, failed = _ask(baseline, panel, rows)
        schedules.append(Schedule(rows, values, baseline.name))
        failures += failed
    return BaselinePlan(baseline, tuple(schedules), failures)


def _ask(baseline: Baseline, panel: Panel, rows: np.ndarray[Any, Any]) -> tuple[FloatArray, int]:
    if baseline.name == CASH:
        return np.zeros((len(rows), panel.n_instruments)), 0
    # The schedule is kept here, so the agent itself decides whenever it is asked.
    every = {} if baseline.every == 0 else {"every": 1}
    agent = build_agent(baseline.agent, {**baseline.params, **every})
    reveal = panel.reveal()
    values = [agent.decide(reveal.at(int(panel.time[row]))).weights for row in rows]
    return np.array(values, dtype=np.float64), int(getattr(agent, "failures", 0))
