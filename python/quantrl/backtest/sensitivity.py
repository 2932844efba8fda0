"""What costs do to a result: the same decisions run again under others, and the costs that leave nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from quantrl.backtest._engine import run_schedules
from quantrl.backtest._numbers import number
from quantrl.backtest.result import Result
from quantrl.errors import ConfigError
from quantrl.units import BP

if TYPE_CHECKING:
    from quantrl.metrics import Measure

MULTIPLIERS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
MOST = 100.0
TOLERANCE = 1e-6
_MEASURES = ("total", "cagr", "sharpe", "max_drawdown")


@dataclass(frozen=True)
class Breakeven:
    """Costs at which the same decisions earn nothing.

    Attributes
    ----------
    multiplier : float
        Of all costs of the run; NaN where undefined.
    bps : float
        Mean cost paid there, basis points of the value traded.
    reason : str
        ``ok``; ``gross_loss``: there is no profit even without costs; ``no_trades``; ``beyond_100x``.
    """

    multiplier: float
    bps: float
    reason: str = "ok"

    @property
    def defined(self) -> bool:
        """Whether there are such costs."""
        return not math.isnan(self.multiplier)


def cost_curve(result: Result, multipliers: Sequence[float] = MULTIPLIERS) -> pl.DataFrame:
    """Exact re-runs of the same decisions with every cost multiplied.

    Parameters
    ----------
    result : Result
    multipliers : sequence of float
        At least 0; 1 is the run itself.

    Returns
    -------
    polars.DataFrame
        A row each: ``multiplier bps total cagr sharpe max_drawdown cost_bps_year`` (undefined: null); ``bps`` is the mean
        cost of the value traded, ``cost_bps_year`` that of the equity in a year.

    Raises
    ------
    ConfigError
        The run had no costs, or a multiplier is negative or makes a rate of 10,000 bp or more.
    """
    asked = [number("multipliers", m, math.inf) for m in multipliers]
    runs = [scaled(result, m) for m in asked]
    rows = [
        {"multiplier": m, "bps": mean_bps(run), **_values(run.measures), "cost_bps_year": _a_year(run)}
        for m, run in zip(asked, runs, strict=True)
    ]
    names = ("multiplier", "bps", *_MEASURES, "cost_bps_year")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Float64)).fill_nan(None)


def breakeven(result: Result) -> Breakeven:
    """The multiple of the run's costs that leaves no net return, to 1e-6, on exact re-runs.

    Raises
    ------
    ConfigError
        The run had no costs to multiply.

    Notes
    -----
    Never by extrapolation: fixed and minimum fees bend the curve. Bracketed by doubling, then bisected: about 30 runs.
    """
    if not scaled(result, 0.0).traded.any():
        return Breakeven(math.nan, math.nan, "no_trades")
    low, high = 0.0, 1.0
    if _gain(result, 0.0) <= 0.0:
        return Breakeven(math.nan, math.nan, "gross_loss")
    most = min(MOST, _largest(result))
    while _gain(result, high := min(high, most)) > 0.0:
        if high == most:
            return Breakeven(math.nan, math.nan, "beyond_100x")
        low, high = high, 2.0 * high
    while high - low > TOLERANCE:
        middle = (low + high) / 2.0
        low, high = (middle, high) if _gain(result, middle) > 0.0 else (low, middle)
    return Breakeven(high, mean_bps(scaled(result, high)))


def scaled(result: Result, multiplier: float) -> Result:
    """The same decisions with every cost multiplied."""
    if result.settings.costs.is_zero:
        raise ConfigError("costs: are zero in this run; there is nothing to multiply")
    settings = replace(result.settings, costs=result.settings.costs.times(multiplier))
    (account,) = run_schedules(result.bars, [result.schedule], settings, full=False, threads=1)
    return Result.from_engine(account, bars=result.bars, schedule=result.schedule, settings=settings)


def mean_bps(result: Result) -> float:
    """Cost paid over value traded, in basis points; NaN where nothing was traded."""
    traded = float(result.traded.sum())
    return float(result.cost.sum()) / traded / BP if traded > 0.0 else math.nan


def _gain(result: Result, multiplier: float) -> float:
    return float(scaled(result, multiplier).equity[-1] - result.settings.initial_cash)


def _largest(result: Result) -> float:
    """A multiplier above which some rate would be the whole value."""
    rate = result.settings.costs.highest_bps
    return 0.9999 * 10_000.0 / rate if rate > 0.0 else math.inf


def _values(measures: dict[str, Measure]) -> dict[str, float]:
    return {name: measures[name].value for name in _MEASURES}


def _a_year(result: Result) -> float:
    return result.measures["cost_bps_year"].value
