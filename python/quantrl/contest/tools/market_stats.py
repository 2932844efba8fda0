"""How the whole market has moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from quantrl.contest.tools import Found, Scope, Tool
from quantrl.contest.tools._bars import MONTH, change, percent, tradable_now, volatility
from quantrl.typing import FloatArray, JsonObject
from quantrl.units import iso_date


def run(args: Mapping[str, Any], scope: Scope) -> Found:
    """Breadth, mean, median and spread of the newest returns over tradable symbols; means of 5 and 20 bars."""
    view = scope.view
    if view.n < 2:
        return Found({"note": "fewer than two bars have ended"})
    kept = tradable_now(view)
    last = _known(change(view, 1)[kept])
    facts: JsonObject = {
        "day": iso_date(int(view.time[-1])),
        "symbols": len(last),
        "up": int((last > 0).sum()),
        "down": int((last < 0).sum()),
        "mean_pct": _of(np.mean, last),
        "median_pct": _of(np.median, last),
        "spread_pct": percent(last.std(ddof=1)) if len(last) > 1 else None,
    }
    for bars in (5, MONTH):
        facts[f"mean_{bars}_pct"] = _of(np.mean, _known(change(view, bars)[kept]))
    facts["mean_volatility_pct"] = _of(np.mean, _known(volatility(view, MONTH)[kept]))
    return Found(facts)


def _known(values: FloatArray) -> FloatArray:
    return values[~np.isnan(values)]


def _of(statistic: Any, values: FloatArray) -> float | None:
    return percent(float(statistic(values))) if len(values) else None


TOOL = Tool("market_stats", "Breadth, mean, median and spread of all symbols on the newest day.", run)
