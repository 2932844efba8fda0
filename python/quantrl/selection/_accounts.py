"""Measures of every book and shadow account of a contest, with joint intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from quantrl import _core, metrics
from quantrl.selection._book import COST, EQUITY, FILL_EQUITY, GROSS, TRADED
from quantrl.typing import FloatArray, JsonObject
from quantrl.units import BP

SHOWN = ("total", "cagr", "vol", "sharpe", "sortino", "calmar", "max_drawdown")
OWN = ("turnover", "cost_bps_year", "exposure")
DRAWS, BLOCK, LEVEL = 2_000, 10.0, 0.95
_MIN_BARS = 3


@dataclass(frozen=True, eq=False)
class Accounts:
    """K accounts over T bars.

    Parameters
    ----------
    names : sequence of str
    history : (T, K, 7) float64
        `quantrl.selection._book.SERIES`.
    initial_cash, periods_per_year : float
    seed, threads : int
        Of the bootstrap; the result does not depend on the threads.
    """

    names: Sequence[str]
    history: FloatArray
    initial_cash: float
    periods_per_year: float
    seed: int = 0
    threads: int = 1

    @cached_property
    def equity_before(self) -> FloatArray:
        """(T, K) equity at the end of the bar before."""
        start = np.full((1, len(self.names)), self.initial_cash)
        return np.concatenate([start, self.history[:-1, :, EQUITY]])

    @cached_property
    def returns(self) -> FloatArray:
        """(T, K) simple net returns."""
        return np.ascontiguousarray(self.history[:, :, EQUITY] / self.equity_before - 1.0)

    @cached_property
    def measures(self) -> dict[str, dict[str, JsonObject]]:
        """Value, reason and interval by account and measure."""
        table = metrics.table(
            self.returns, periods_per_year=self.periods_per_year, measures=SHOWN, names=self.names
        )
        own = self._own()
        found: dict[str, dict[str, JsonObject]] = {}
        for k, name in enumerate(self.names):
            values = {m: (one.value, one.reason) for m, one in table.of(name).items()}
            values |= {m: (float(own[m][k]), "ok") for m in OWN}
            found[name] = {m: self._entry(k, m, *value) for m, value in values.items()}
        return found

    def value(self, name: str, measure: str) -> float | None:
        """One number, None where undefined."""
        value: float | None = self.measures[name][measure]["value"]
        return value

    def sharpe_gap(self, name: str, other: str) -> JsonObject:
        """Sharpe ratio of one account less another's, with the interval of the paired bootstrap."""
        a, b = self.value(name, "sharpe"), self.value(other, "sharpe")
        if a is None or b is None:
            return {"value": None, "low": None, "high": None}
        ratios = self._draws.get("sharpe")
        if ratios is None:
            return {"value": a - b, "low": None, "high": None}
        k, j = list(self.names).index(name), list(self.names).index(other)
        low, high = _bounds(ratios[:, k] - ratios[:, j])
        return {"value": a - b, "low": low, "high": high}

    def _own(self) -> dict[str, FloatArray]:
        annual, h = self.periods_per_year, self.history
        turnover: FloatArray = annual * np.mean(h[:, :, TRADED] / h[:, :, FILL_EQUITY], axis=0)
        cost: FloatArray = annual * np.mean(h[:, :, COST] / self.equity_before, axis=0) / BP
        return {"turnover": turnover, "cost_bps_year": cost, "exposure": np.mean(h[:, :, GROSS], axis=0)}

    def _entry(self, k: int, measure: str, value: float, reason: str) -> JsonObject:
        low, high = (None, None)
        if measure in self._draws and value == value:
            low, high = _bounds(self._draws[measure][:, k])
        return {"value": value if value == value else None, "reason": reason, "low": low, "high": high}

    @cached_property
    def _draws(self) -> dict[str, FloatArray]:
        """Joint replicates (draws, K) of sharpe, vol and cagr: the same rows for every account."""
        if len(self.returns) < _MIN_BARS:
            return {}
        return _core.bootstrap_measures(
            self.returns,
            periods_per_year=self.periods_per_year,
            draws=DRAWS,
            block=BLOCK,
            seed=self.seed,
            stream=0,
            threads=self.threads,
        )


def _bounds(draws: FloatArray) -> tuple[float | None, float | None]:
    defined = draws[np.isfinite(draws)]
    if not len(defined):
        return None, None
    low, high = np.quantile(defined, [(1.0 - LEVEL) / 2, (1.0 + LEVEL) / 2])
    return float(low), float(high)
