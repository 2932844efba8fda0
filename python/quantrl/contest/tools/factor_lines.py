"""What the chosen factors say about one symbol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from quantrl.contest.llm.schema import choice
from quantrl.contest.tools import Found, Row, Scope, Tool
from quantrl.typing import JsonObject


def arguments(symbols: Sequence[str]) -> JsonObject:
    """``symbol``."""
    return {"symbol": choice(symbols)}


def run(args: Mapping[str, Any], scope: Scope) -> Found:
    """The lines about the symbol, in the order of the factors, under the ids they are cited by."""
    symbol = scope.universe.require(str(args["symbol"]))
    rows = tuple(
        Row({"line": line.id, "text": line.text}, (symbol,)) for line in scope.lines if symbol in line.symbols
    )
    return Found({"symbol": symbol} | ({} if rows else {"note": "no line is about it"}), rows)


TOOL = Tool("factor_lines", "Lines of today's factors about one symbol.", run, arguments)
