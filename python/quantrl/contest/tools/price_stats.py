"""How one symbol has moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from quantrl.contest.llm.schema import choice, whole
from quantrl.contest.tools import Found, Scope, Tool
from quantrl.contest.tools._bars import percent
from quantrl.typing import FloatArray, JsonObject
from quantrl.units import iso_date

MAX_DAYS, LAST = 250, 5


def arguments(symbols: Sequence[str]) -> JsonObject:
    """``symbol`` and ``days`` of bars."""
    return {"symbol": choice(symbols), "days": whole(1, MAX_DAYS)}


def run(args: Mapping[str, Any], scope: Scope) -> Found:
    """Return, volatility, extremes, drawdown and the newest returns over the last `days` bars.

    Undefined numbers are null. Without two closes there is only a note, which supports no claim about the symbol.
    """
    view, symbol = scope.view, scope.universe.require(str(args["symbol"]))
    if symbol not in view.instruments:
        return Found({"symbol": symbol, "note": "this run has no prices of it"})
    column = view.instruments.index(symbol)
    bars = min(int(args["days"]) + 1, view.n)
    close = view.window("close", bars)[:, column]
    known = np.flatnonzero(~np.isnan(close))
    if len(known) < 2:
        return Found({"symbol": symbol, "note": "fewer than two closes in this span"})
    time = view.time[view.n - bars :]
    facts = {"symbol": symbol, "from": iso_date(int(time[known[0]])), "to": iso_date(int(time[known[-1]]))}
    return Found(facts | _stats(close[known]), symbols=(symbol,))


def _stats(close: FloatArray) -> JsonObject:
    moves = close[1:] / close[:-1] - 1.0
    peak = np.maximum.accumulate(close)
    low, high = float(close.min()), float(close.max())
    return {
        "returns": len(moves),
        "change_pct": percent(close[-1] / close[0] - 1.0),
        "volatility_pct": percent(moves.std(ddof=1)) if len(moves) > 1 else None,
        "best_pct": percent(moves.max()),
        "worst_pct": percent(moves.min()),
        "drawdown_pct": percent((close / peak - 1.0).min()),
        "place_in_range": round((float(close[-1]) - low) / (high - low), 2) if high > low else None,
        "last_pct": [percent(move) for move in moves[-LAST:]],
    }


TOOL = Tool(
    "price_stats",
    f"Return, volatility, drawdown and the newest daily returns of one symbol over up to {MAX_DAYS} days.",
    run,
    arguments,
)
