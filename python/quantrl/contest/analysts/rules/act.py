"""The next call of the plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quantrl.contest.analysts.rules._belief import Rule, opinions

_SCREENED, _BARS, _DAYS = 10, 60, 3


def answer(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The first step of the plan without a call; the end where there is none, or no symbol to ask about.

    A tool that the plan names twice is asked about the next candidate.
    """
    rule = Rule.of(payload["rule"])
    done = len(payload["steps"])
    plan = [step["tool"] for step in payload["plan"]]
    if done >= len(plan):
        return _act("final", "the plan is done")
    tool = plan[done]
    if tool == "screen":
        return _act(tool, "leaders", by=rule.screen, top=_SCREENED)
    if tool in ("market_stats", "own_record"):
        return _act(tool, "the background")
    candidates = [opinion.symbol for opinion in opinions({**payload, "steps": []}, rule)]
    turn = plan[:done].count(tool)
    if turn >= len(candidates):
        return _act("final", "no candidate is left")
    symbol = candidates[turn]
    if tool == "doc_search":
        return _act(tool, "other voices", query=rule.query, symbol=symbol, days=_DAYS)
    if tool == "price_stats":
        return _act(tool, "its price", symbol=symbol, days=_BARS)
    return _act(tool, "more of it", symbol=symbol)


def _act(tool: str, thought: str, **args: Any) -> dict[str, Any]:
    return {"thought": thought, "call": {"tool": tool, **args}}
