"""What became of the agent's own signals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quantrl.contest.own_record import PastSignal
from quantrl.contest.tools import Found, Row, Scope, Tool
from quantrl.contest.tools._bars import percent
from quantrl.typing import JsonObject

LAST = 10


def run(args: Mapping[str, Any], scope: Scope) -> Found:
    """Number, hit rate and mean net return of the buys and sells that have matured, and the newest ten.

    It is about no symbol: that a signal once paid says nothing of today.
    """
    past = [signal for signal in scope.own.signals if signal.action != "hold"]
    if not past:
        return Found({"signals": 0, "note": "nothing has matured yet"})
    facts: JsonObject = {"signals": len(past)} | _summary(past)
    return Found(facts, tuple(Row(_row(signal)) for signal in past[: -LAST - 1 : -1]))


def _summary(past: list[PastSignal]) -> JsonObject:
    returns = [signal.realised for signal in past]
    return {
        "hit_rate": round(sum(r > 0 for r in returns) / len(returns), 3),
        "mean_stated": round(sum(signal.probability for signal in past) / len(past) / 100, 3),
        "mean_net_pct": percent(sum(returns) / len(returns), 3),
    }


def _row(signal: PastSignal) -> list[Any]:
    return [signal.date, signal.action, signal.symbol, signal.probability, percent(signal.realised)]


TOOL = Tool("own_record", "How your own earlier signals have turned out.", run)
