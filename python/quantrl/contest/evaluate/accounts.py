"""What each account earned net, how sure that is, and how much of it luck would explain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from quantrl import metrics
from quantrl.contest.evaluate.resample import Resample, bounds
from quantrl.errors import DataError
from quantrl.typing import FloatArray, JsonObject
from quantrl.units import BP

MEASURES = ("total", "cagr", "vol", "sharpe", "sortino", "calmar", "max_drawdown")
TOO_SHORT = "too_short"
_MIN_DAYS = 3


@dataclass(frozen=True, eq=False)
class Accounts:
    """K accounts over the same T days.

    Parameters
    ----------
    names : sequence of str
    net, cost : (T, K) float64
        Simple returns a day after costs, and what the costs took.
    periods_per_year : float
    seed : int
        Of the bootstrap, whose rows all accounts share.
    """

    names: Sequence[str]
    net: FloatArray
    cost: FloatArray
    periods_per_year: float
    seed: int = 0

    @property
    def n_days(self) -> int:
        """T."""
        return len(self.net)

    @property
    def long_enough(self) -> bool:
        """Whether there are days enough to measure anything."""
        return self.n_days >= _MIN_DAYS

    @cached_property
    def resample(self) -> Resample:
        """The rows of every interval."""
        return Resample(self.n_days, seed=self.seed)

    @cached_property
    def sharpe_draws(self) -> FloatArray:
        """(draws, K) annualised Sharpe ratios."""
        return self._draws["sharpe"]

    def place(self, name: str) -> int:
        """Column of an account.

        Raises
        ------
        DataError
            There is none of that name.
        """
        if name not in self.names:
            raise DataError(f"account {name!r}: expected one of {', '.join(self.names)}")
        return list(self.names).index(name)

    def measures(self, name: str) -> dict[str, JsonObject]:
        """``value reason low high`` by measure, and the cost in basis points a year."""
        return self._measured[self.place(name)]

    @cached_property
    def _measured(self) -> list[dict[str, JsonObject]]:
        return [self._measures(k) for k in range(len(self.names))]

    def _measures(self, k: int) -> dict[str, JsonObject]:
        if not self.long_enough:
            return dict.fromkeys((*MEASURES, "cost_bps_year"), undefined(TOO_SHORT))
        found = self._table.of(str(k))
        entries = {m: self._entry(m, k, found[m].value, found[m].reason) for m in MEASURES}
        cost = float(self.cost[:, k].mean()) * self.periods_per_year / BP
        return {**entries, "cost_bps_year": entry(cost)}

    def values(self, measure: str) -> FloatArray:
        """(K,) one measure of every account, NaN where undefined, without an interval."""
        return self._table[measure] if self.long_enough else np.full(len(self.names), np.nan)

    def luck(self, trials: int, spread_of: Sequence[str]) -> dict[str, tuple[float | None, float | None]]:
        """Probabilistic and deflated Sharpe ratio of every account.

        Parameters
        ----------
        trials : int
            N of the deflated ratio.
        spread_of : sequence of str
            Accounts whose ratios give the spread of the trials.
        """
        moments = {name: self._moments(name) for name in self.names}
        ratios = [m.sharpe for m in (moments[name] for name in spread_of) if m is not None]
        spread = float(np.std(ratios, ddof=1)) if len(ratios) > 1 else 0.0
        return {name: (_psr(m), _dsr(m, trials, spread)) for name, m in moments.items()}

    @cached_property
    def _table(self) -> metrics.MeasureTable:
        return metrics.table(self.net, periods_per_year=self.periods_per_year, measures=MEASURES)

    @cached_property
    def _draws(self) -> dict[str, FloatArray]:
        sharpe, cagr = self.resample.sharpe_cagr(self.net, self.periods_per_year)
        # Growth a year to growth over the T days: monotone, so its percentiles go with it.
        total = np.power(np.maximum(1.0 + cagr, 0.0), self.n_days / self.periods_per_year) - 1.0
        return {
            "sharpe": sharpe,
            "cagr": cagr,
            "total": total,
            "max_drawdown": self.resample.drawdowns(self.net),
        }

    def _entry(self, measure: str, k: int, value: float, reason: str) -> JsonObject:
        if math.isnan(value) or measure not in self._draws:
            return entry(value, reason)
        return entry(value, reason, *bounds(self._draws[measure][:, k]))

    def _moments(self, name: str) -> metrics.SharpeMoments | None:
        if not self.long_enough:
            return None
        try:
            return metrics.SharpeMoments.of(np.ascontiguousarray(self.net[:, self.place(name)]))
        except DataError:
            return None


def entry(value: float, reason: str = "ok", low: float = math.nan, high: float = math.nan) -> JsonObject:
    """A measure as in ``report.json``: None for NaN."""
    return {"value": number(value), "reason": reason, "low": number(low), "high": number(high)}


def undefined(reason: str) -> JsonObject:
    """A measure without a value."""
    return entry(math.nan, reason)


def number(value: float) -> float | None:
    """A float, or None where it is not finite."""
    value = float(value)
    return value if math.isfinite(value) else None


def _psr(moments: metrics.SharpeMoments | None) -> float | None:
    try:
        return None if moments is None else metrics.probabilistic_sharpe(moments)
    except DataError:
        return None


def _dsr(moments: metrics.SharpeMoments | None, trials: int, spread: float) -> float | None:
    if moments is None or spread <= 0 or trials < 2:
        return None
    try:
        return metrics.deflated_sharpe(moments, trials=float(trials), sd_trials=spread)
    except DataError:
        return None
