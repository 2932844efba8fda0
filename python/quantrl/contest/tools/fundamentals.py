"""What one company has filed, by filing date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from quantrl.contest.fundamentals import Figure
from quantrl.contest.llm.schema import choice
from quantrl.contest.tools import Found, Row, Scope, Tool
from quantrl.typing import JsonObject
from quantrl.units import iso_date


def arguments(symbols: Sequence[str]) -> JsonObject:
    """``symbol``."""
    return {"symbol": choice(symbols)}


def run(args: Mapping[str, Any], scope: Scope) -> Found:
    """The newest figure under each name with the period before; an empty list with a note where there are none."""
    symbol = scope.universe.require(str(args["symbol"]))
    if scope.fundamentals is None:
        return Found({"symbol": symbol, "note": "this run was given no fundamentals"})
    rows = tuple(_row(symbol, *pair) for pair in scope.fundamentals.newest(symbol))
    return Found({"symbol": symbol} | ({} if rows else {"note": "nothing was filed by now"}), rows)


def _row(symbol: str, figure: Figure, before: Figure | None) -> Row:
    value = {
        "name": figure.name,
        "value": figure.value,
        "period": figure.period,
        "filed": iso_date(figure.filed_at),
        "before": None if before is None else before.value,
    }
    return Row(value, (symbol,))


TOOL = Tool(
    "fundamentals",
    "Newest figures that one company had filed by now, each with that of the period before.",
    run,
    arguments,
)
