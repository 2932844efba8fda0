"""The same decisions at other costs, and the cost at which an advantage is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from quantrl.agents.sharpe_portfolio.evaluation.accounts import Ground, Span
from quantrl.backtest import Schedule
from quantrl.typing import JsonObject

MOST_BPS = 1000.0
_ROUNDS = 40


def sweep(
    ground: Ground, schedules: Mapping[str, Schedule], span: Span, costs_bps: Sequence[float]
) -> list[JsonObject]:
    """A row per cost: ``bps``, then ``sharpe`` and ``cagr`` by name of the schedule."""
    rows = []
    for bps in costs_bps:
        accounts = ground.accounts(schedules, span, bps=bps)
        figures = {
            measure: {name: account.summary[measure] for name, account in accounts.items()}
            for measure in ("sharpe", "cagr")
        }
        rows.append({"bps": float(bps), **figures})
    return rows


def break_even(ground: Ground, agent: Schedule, rival: Schedule, span: Span) -> JsonObject:
    """Cost in basis points a side at which the agent's Sharpe ratio falls to its rival's, by bisection.

    Returns
    -------
    dict
        ``bps``, None where there is none between 0 and 1,000, and ``reason``: ``ok``, ``behind_without_costs``,
        ``ahead_at_most`` or ``undefined``.
    """

    def lead(bps: float) -> float:
        accounts = ground.accounts({"agent": agent, "rival": rival}, span, bps=bps)
        return accounts["agent"].sharpe - accounts["rival"].sharpe

    low, high = 0.0, MOST_BPS
    first, last = lead(low), lead(high)
    if first != first or last != last:
        return {"bps": None, "reason": "undefined"}
    if first <= 0:
        return {"bps": None, "reason": "behind_without_costs"}
    if last > 0:
        return {"bps": None, "reason": "ahead_at_most"}
    for _ in range(_ROUNDS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if lead(middle) > 0 else (low, middle)
    return {"bps": 0.5 * (low + high), "reason": "ok"}
