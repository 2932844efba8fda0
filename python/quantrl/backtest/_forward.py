"""Walk-forward: train before each test, decide inside it, and hold all of it in one account that is never restarted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from quantrl.agent import Agent
from quantrl.backtest._engine import run_schedules
from quantrl.backtest._task import load_target
from quantrl.backtest._walk_forward import Expanding, Fold, Rolling
from quantrl.backtest.bars import as_bars
from quantrl.backtest.costs import Costs
from quantrl.backtest.executor import Executor
from quantrl.backtest.result import Result
from quantrl.backtest.schedule import Schedule
from quantrl.backtest.settings import Settings
from quantrl.backtest.terms import Terms
from quantrl.backtest.walk import Walk, decided
from quantrl.data.view import View
from quantrl.errors import ConfigError, DataError
from quantrl.runs import sha256_json
from quantrl.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from quantrl.data import Panel

Fit = Callable[[View], Agent]
_TEN_BP = Costs()
_PLAIN = Terms()
_SELF = f"{__name__}:decide_fold"


@dataclass(frozen=True, eq=False)
class WalkForward:
    """Made by `walk_forward`.

    Attributes
    ----------
    result : Result
        One account over the bars from the first test to the end of the last.
    folds : tuple of Fold
        Rows of the whole panel.
    starts : (F,) int64
        Bars of `result` at whose close another agent takes over.
    """

    result: Result
    folds: tuple[Fold, ...]
    starts: IntArray


def walk_forward(
    fit: Fit | str,
    panel: Panel,
    plan: Rolling | Expanding,
    *,
    horizon: int,
    fill: str = "next_open",
    sizing: str = "post_cost",
    costs: Costs = _TEN_BP,
    initial_cash: float = 1_000_000.0,
    terms: Terms = _PLAIN,
    executor: Executor | None = None,
) -> WalkForward:
    """Fit an agent before every test and let it decide there; all decisions are one schedule of one account.

    Parameters
    ----------
    fit : callable or str
        ``fit(view) -> agent``; the view ends with the last training row and, under `Rolling`, begins with the first.
        ``"module:function"`` for an executor.
    panel : Panel
    plan : Rolling or Expanding
        Its folds; ``plan.gap`` purges rows before each test.
    horizon : int
        Bars a label of `fit` looks ahead; 0 for rules that learn nothing. A smaller gap is refused.
    fill, sizing, costs, initial_cash, terms
        As in `run_agent`.
    executor : Executor, optional
        Folds side by side, for agents that do not read ``view.held``: what they hold is known only in order.

    Returns
    -------
    WalkForward

    Raises
    ------
    ConfigError
        `plan.gap` is less than `horizon`; an agent that reads its positions under an executor.
    DataError
        Too few rows for a fold.
    OrderError
        A decision that the account cannot hold: names the bar of the panel.

    Notes
    -----
    An agent sees the history before its test too, as it would have on the day; training never follows its test, so there
    is no embargo. Between tests that do not touch (``step`` above ``test``) the account keeps what it holds.
    """
    if isinstance(horizon, bool) or not isinstance(horizon, int) or horizon < 0:
        raise ConfigError(f"horizon: expected a number of bars of at least 0, got {horizon!r}")
    if plan.gap < horizon:
        raise ConfigError(
            f"gap: {plan.gap} bars before a test are fewer than the label horizon of {horizon}; the last labels would "
            "be made of test prices"
        )
    settings = Settings(fill=fill, sizing=sizing, costs=costs, initial_cash=initial_cash, terms=terms)
    folds = plan.folds(panel.n_bars)
    first, stop = folds[0].test[0], folds[-1].test[1]
    tested = panel.between(int(panel.time[first]), int(panel.time[stop - 1]))
    bars = as_bars(tested, fill=fill)
    if executor is None:
        weights = _in_order(_found(fit), panel, folds, Walk(bars, settings))
    else:
        weights = _side_by_side(fit, panel, folds, executor, settings)
    schedule = Schedule(None, weights)
    (account,) = run_schedules(bars, [schedule], settings, full=False, threads=1)
    result = Result.from_engine(account, bars=bars, schedule=schedule, settings=settings)
    return WalkForward(result, folds, np.array([fold.test[0] - first for fold in folds], dtype=np.int64))


def decide_fold(shared: dict[str, Any], task: dict[str, list[int]], report: Any) -> list[list[float | None]]:
    """Fit before one test and decide in it, without knowing what is held; NaN is None."""
    panel, max_gross = shared["panel"], shared["max_gross"]
    agent = fitted(load_target(shared["fit"]), panel, (task["train"][0], task["train"][1]))
    reveal = panel.reveal()
    rows = []
    for t in range(*task["test"]):
        view = reveal.at(int(panel.time[t]))
        weights = decided(agent.decide(_Blind.of(view)), t, panel.n_instruments, max_gross)
        rows.append([None if np.isnan(weight) else float(weight) for weight in weights])
    return rows


def fitted(fit: Any, panel: Panel, train: tuple[int, int]) -> Agent:
    """The agent made of the training rows alone."""
    first, last = int(panel.time[train[0]]), int(panel.time[train[1] - 1])
    agent: Agent = fit(panel.between(first, last).as_of(last))
    if not hasattr(agent, "decide"):
        raise ConfigError(f"fit: expected an agent, got {type(agent).__name__}")
    return agent


class _Blind(View):
    """A view whose positions nobody may read."""

    __slots__ = ()

    @staticmethod
    def of(view: View) -> _Blind:
        return _Blind(view._bar, view._held)

    @property
    def held(self) -> FloatArray:
        """Refused."""
        raise ConfigError(
            "executor: the agent reads view.held, which is known only in order; leave executor out"
        )


def _found(fit: Fit | str) -> Any:
    return load_target(fit) if isinstance(fit, str) else fit


def _in_order(fit: Any, panel: Panel, folds: tuple[Fold, ...], walk: Walk) -> FloatArray:
    """Fold after fold; an agent sees what the account holds, whoever bought it."""
    reveal, first = panel.reveal(), folds[0].test[0]
    tests = {t: fold for fold in folds for t in range(*fold.test)}
    agent, at = None, -1
    for t in range(first, folds[-1].test[1]):
        fold = tests.get(t)
        if fold is None:
            walk.step(None)
            continue
        if agent is None or fold.index != at:
            agent, at = fitted(fit, panel, fold.train), fold.index
        view = reveal.at(int(panel.time[t])).with_held(walk.held())
        walk.step(decided(agent.decide(view), t, panel.n_instruments, walk.max_gross))
    return walk.weights


def _side_by_side(
    fit: Fit | str, panel: Panel, folds: tuple[Fold, ...], executor: Executor, settings: Settings
) -> FloatArray:
    if not isinstance(fit, str):
        raise ConfigError("fit: an executor needs 'module:function', which other processes find")
    margin = settings.terms.margin
    shared = {"fit": fit, "panel": panel, "max_gross": None if margin is None else margin.max_gross}
    tasks = [{"train": list(fold.train), "test": list(fold.test)} for fold in folds]
    shared_id = sha256_json([fit, panel.id, shared["max_gross"]])
    parts = executor.map(_SELF, shared, tasks, shared_id=shared_id)
    first = folds[0].test[0]
    weights = np.full((folds[-1].test[1] - first, panel.n_instruments), np.nan)
    for fold, rows in zip(folds, parts, strict=True):
        part = np.array(rows, dtype=np.float64)  # None becomes NaN
        if part.shape != (fold.test[1] - fold.test[0], panel.n_instruments):
            raise DataError(f"fold {fold.index}: expected a row of weights per bar, got {part.shape}")
        weights[fold.test[0] - first : fold.test[1] - first] = part
    return weights
