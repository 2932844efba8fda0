"""A plan of look-ups: those of the belief, in its order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quantrl.contest.analysts.rules._belief import Rule

_WHY = {
    "screen": "who leads by the measure of my belief",
    "factor_lines": "all that the factors say of my first candidate",
    "doc_search": "what else was written of it",
    "price_stats": "whether its price has moved already",
    "market_stats": "whether it is the market that moves",
    "fundamentals": "what it has filed",
    "own_record": "how far my own signals can be trusted",
}


def answer(payload: Mapping[str, Any]) -> dict[str, Any]:
    """At most as many steps as `max_steps`, out of the tools that are there."""
    rule = Rule.of(payload["rule"])
    there = {tool["name"] for tool in payload["tools"]} - {"final"}
    names = [name for name in rule.tools if name in there] or sorted(there)[:1]
    steps = [{"tool": name, "why": _WHY.get(name, "")[: payload["note"]]} for name in names]
    return {"steps": steps[: payload["max_steps"]]}
