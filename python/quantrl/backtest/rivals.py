"""The baselines of a result, run on its bars at its costs, and where it stands among random schedules."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from quantrl.backtest import baselines
from quantrl.backtest._engine import run_schedules
from quantrl.backtest.result import Result
from quantrl.backtest.schedule import Schedule
from quantrl.typing import FloatArray

RANDOM = 200
_CHUNK = 16
_CHUNK_BYTES = 256 << 20
_BAND = (0.05, 0.5, 0.95)
_RETURNS = ("total", "cagr", "vol", "sharpe", "sortino", "calmar", "max_drawdown")
LABELS = {
    "buy_and_hold": "Buy and hold",
    "equal_weight": "Equal weight, every 21 bars",
    "equal_weight_1": "Equal weight, every bar",
    "cash": "Cash",
}
"""Baselines by name, in the order shown."""


def run_baselines(result: Result) -> dict[str, Result]:
    """`LABELS`, each on an account like that of the result."""
    bars = result.bars
    schedules = {
        "buy_and_hold": baselines.buy_and_hold(bars),
        "equal_weight": baselines.equal_weight(bars),
        "equal_weight_1": baselines.equal_weight(bars, 1),
        "cash": baselines.cash(bars),
    }
    return dict(zip(schedules, _run(result, list(schedules.values())), strict=True))


@dataclass(frozen=True, eq=False)
class RandomBand:
    """What random schedules earn that hold and trade as much as a result: `baselines.random_schedules`.

    Attributes
    ----------
    count, seed : int
    measures : dict of str to (low, middle, high)
        5 %, 50 % and 95 % quantiles over the schedules; NaN where none has the measure.
    curves : (3, T) float64
        The same quantiles of equity, bar by bar: no single schedule has such a curve.
    beaten : float
        Share of schedules with a lower Sharpe ratio.
    p_value : float
        (1 + schedules with one as high) / (1 + count); NaN where the ratio of the result is undefined.
    """

    count: int
    seed: int
    measures: dict[str, tuple[float, float, float]]
    curves: FloatArray
    beaten: float
    p_value: float


def random_band(result: Result, *, count: int = RANDOM, seed: int = 0) -> RandomBand | None:
    """Run random schedules on the bars of a result; None where it decided nothing."""
    found, curves = _random(result, count, seed)
    if not found:
        return None
    own = result.measures["sharpe"].value
    sharpes = found["sharpe"][~np.isnan(found["sharpe"])]
    ranked = sharpes.size and not np.isnan(own)
    return RandomBand(
        count=count,
        seed=seed,
        measures={name: _quantiles(values) for name, values in found.items()},
        curves=np.quantile(curves, _BAND, axis=0),
        beaten=float((sharpes < own).mean()) if ranked else np.nan,
        p_value=float((1 + (sharpes >= own).sum()) / (1 + count)) if ranked else np.nan,
    )


def _random(result: Result, count: int, seed: int) -> tuple[dict[str, FloatArray], FloatArray]:
    from quantrl.metrics import table

    annual = result.bars.periods_per_year
    rows: list[dict[str, float]] = []
    curves, returns = [], []
    schedules = baselines.random_schedules(result.schedule, result.bars, count=count, seed=seed)
    chunk = max(1, min(_CHUNK, _CHUNK_BYTES // max(1, result.schedule.values.nbytes)))
    while some := list(islice(schedules, chunk)):
        if not some[0].values.size:
            return {}, np.empty((0, 0))
        for one in _run(result, some):
            curves.append(one.equity)
            returns.append(one.returns)
            measures = one.measures
            rows.append({name: measures[name].value for name in ("turnover", "cost_bps_year", "exposure")})
    measured = table(np.column_stack(returns), periods_per_year=annual, measures=_RETURNS)
    found: dict[str, Any] = {name: measured[name] for name in _RETURNS}
    return found | {name: np.array([row[name] for row in rows]) for name in rows[0]}, np.array(curves)


def _run(result: Result, schedules: list[Schedule]) -> list[Result]:
    accounts = run_schedules(result.bars, schedules, result.settings, full=False, threads=None)
    return [
        Result.from_engine(account, bars=result.bars, schedule=schedule, settings=result.settings)
        for account, schedule in zip(accounts, schedules, strict=True)
    ]


def _quantiles(values: FloatArray) -> tuple[float, float, float]:
    known = values[~np.isnan(values)]
    if not known.size:
        return (np.nan, np.nan, np.nan)
    low, middle, high = np.quantile(known, _BAND)
    return float(low), float(middle), float(high)
