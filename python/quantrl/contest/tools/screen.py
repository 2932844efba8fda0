"""Which symbols lead by one measure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from quantrl.contest.llm.schema import choice, whole
from quantrl.contest.tools import Found, Row, Scope, Tool
from quantrl.contest.tools._bars import (
    MONTH,
    change,
    documents_by_symbol,
    percent,
    tradable_now,
    volatility,
)
from quantrl.contest.view import ContestView
from quantrl.typing import FloatArray, JsonObject
from quantrl.units import NS_PER_DAY

MAX_TOP, NEWS_DAYS = 20, 3


def _news(view: ContestView) -> FloatArray:
    counts = documents_by_symbol(view, view.now - NEWS_DAYS * NS_PER_DAY)
    return np.array([float(counts.get(symbol, 0)) or np.nan for symbol in view.instruments])


def _volume(view: ContestView) -> FloatArray:
    if "volume" not in view or view.n < MONTH:
        return np.full(view.n_instruments, np.nan)
    volume = view.window("volume", MONTH)
    usual = volume.mean(axis=0)
    surge: FloatArray = volume[-1] / np.where(usual > 0, usual, np.nan) - 1.0
    return surge


_LEADERS: dict[str, tuple[str, Callable[[ContestView], FloatArray], float]] = {
    "momentum_5": ("pct", lambda view: change(view, 5), -1.0),
    "momentum_20": ("pct", lambda view: change(view, MONTH), -1.0),
    "reversal_1": ("pct", lambda view: -change(view, 1), -1.0),
    "low_volatility": ("pct", lambda view: volatility(view, MONTH), 1.0),
    "volume": ("pct", _volume, -1.0),
    "news": ("documents", _news, -1.0),
}
BY = tuple(_LEADERS)


def arguments(symbols: Sequence[str]) -> JsonObject:
    """The measure ``by``, and how many of the ``top``."""
    return {"by": choice(BY), "top": whole(1, MAX_TOP)}


def run(args: Mapping[str, Any], scope: Scope) -> Found:
    """The first `top` tradable symbols by a measure, ties in the order of the panel.

    ``momentum_5`` and ``momentum_20`` by the largest return, ``reversal_1`` by the largest fall of the last bar,
    ``low_volatility`` by the smallest volatility of 20 bars, ``volume`` by the newest volume over the mean of 20 bars,
    ``news`` by documents of the last three days.
    """
    by = str(args["by"])
    unit, measure, sign = _LEADERS[by]
    view = scope.view
    values = measure(view)
    known = np.flatnonzero(~np.isnan(values) & tradable_now(view)).tolist()
    known = [i for i in known if view.instruments[i] in scope.universe]
    order = sorted(known, key=lambda i: sign * values[i])[: int(args["top"])]
    rows = tuple(
        Row(
            [view.instruments[i], percent(values[i]) if unit == "pct" else int(values[i])],
            (view.instruments[i],),
        )
        for i in order
    )
    return Found({"by": by, "unit": unit, "of": len(known)}, rows)


TOOL = Tool(
    "screen",
    f"The first of all symbols, at most {MAX_TOP}, by one of: {', '.join(BY)}.",
    run,
    arguments,
)
