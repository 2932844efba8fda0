"""Documents that fit some words, whether or not a data agent chose them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from quantrl.contest.llm.schema import choice, text, whole
from quantrl.contest.tools import Found, Row, Scope, Tool
from quantrl.contest.types import Document
from quantrl.typing import JsonObject
from quantrl.units import iso_date

MAX_QUERY, MAX_DAYS, K = 80, 30, 8
TITLE, SNIPPET = 120, 120


def arguments(symbols: Sequence[str]) -> JsonObject:
    """``query`` words, a ``symbol`` or null, and calendar ``days`` back."""
    symbol = {"anyOf": [choice(symbols), {"type": "null"}]}
    return {"query": text(MAX_QUERY), "symbol": symbol, "days": whole(1, MAX_DAYS)}


def run(args: Mapping[str, Any], scope: Scope) -> Found:
    """The eight documents that fit best, each with the beginning of its text."""
    symbol = args["symbol"]
    if symbol is not None:
        scope.universe.require(symbol)
    found = scope.view.documents.search(str(args["query"]), symbol, int(args["days"]), K)
    rows = tuple(_row(document, scope) for document in found)
    return Found({} if rows else {"note": "no document fits"}, rows)


def _row(document: Document, scope: Scope) -> Row:
    symbols = tuple(symbol for symbol in document.symbols if symbol in scope.universe)
    value = {
        "date": iso_date(document.available_at),
        "title": document.title[:TITLE],
        "text": document.text[:SNIPPET],
        "symbols": list(symbols),
    }
    return Row(value, symbols, document)


TOOL = Tool(
    "doc_search",
    f"Documents of up to {MAX_DAYS} days that fit the words of a query; each can be cited by its own id.",
    run,
    arguments,
)
