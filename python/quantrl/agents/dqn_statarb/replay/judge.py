"""Figures of traces with the uncertainty of one path: blocks of decisions drawn again, the same for all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantrl import metrics
from quantrl.agents.dqn_statarb.replay.trace import Trace
from quantrl.rng import generator
from quantrl.typing import FloatArray, IntArray

DRAWS = 2000


@dataclass(frozen=True)
class Judge:
    """One resampling for every trace of a part, so that differences are paired.

    Attributes
    ----------
    hours : float
        Of decisions.
    block : int
        Decisions of a block: the longest that `quantrl.metrics.optimal_block` finds for any trace, at most a quarter.
    starts : (draws, blocks) int64
    """

    hours: float
    block: int
    starts: IntArray

    @staticmethod
    def of(traces: Mapping[str, Trace], dt: float, *, seed: int) -> Judge:
        """For traces of equal length; `dt` in seconds."""
        series = [found.net for found in traces.values()]
        n = len(series[0])
        longest = max(metrics.optimal_block(net) for net in series)
        block = max(1, min(math.ceil(longest), n // 4))
        starts = generator(seed, 5, "bootstrap").integers(0, n, (DRAWS, math.ceil(n / block)))
        return Judge(n * dt / 3600.0, block, starts)

    def row(self, found: Trace) -> dict[str, Any]:
        """Per hour, in U; the Sharpe ratio is that of hours, from decisions taken as independent."""
        net, cost = float(found.net.sum()), float(found.cost.sum())
        periods = len(found.net) / self.hours
        low, high = self.interval(found.net)
        sharpe = metrics.sharpe(found.net, periods_per_year=periods).value
        bounds = metrics.intervals(found.net, periods_per_year=periods, block=self.block)["sharpe"]
        gross = net + cost
        return {
            "net": net / self.hours,
            "low": low,
            "high": high,
            "gross": gross / self.hours,
            "cost": cost / self.hours,
            "cost_share": cost / gross if gross > 0 else None,
            "turnover": found.turnover / self.hours,
            "traded": found.traded,
            "legged": found.legged / self.hours,
            "legged_share": found.legged_ns / (self.hours * 3.6e12),
            "illegal": found.illegal,
            "sharpe": _finite(sharpe),
            "sharpe_low": _finite(bounds[0][0]),
            "sharpe_high": _finite(bounds[1][0]),
        }

    def difference(self, one: Trace, two: Trace) -> dict[str, float]:
        """Net of one less that of the other, per hour, with its 95 % interval."""
        gap = one.net - two.net
        low, high = self.interval(gap)
        return {"net": float(gap.sum()) / self.hours, "low": low, "high": high}

    def interval(self, series: FloatArray) -> tuple[float, float]:
        """95 % interval of the sum per hour, by circular blocks (Politis and Romano 1992)."""
        n, blocks = len(series), self.starts.shape[1]
        sums = np.concatenate([[0.0], np.cumsum(np.concatenate([series, series[: self.block]]))])
        drawn = (sums[self.starts + self.block] - sums[self.starts]).sum(axis=1)
        low, high = np.quantile(drawn * n / (blocks * self.block), (0.025, 0.975)) / self.hours
        return float(low), float(high)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
