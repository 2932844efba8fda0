"""How a case of rates reads."""

from __future__ import annotations

from typing import Any

from rich.console import RenderableType
from rich.table import Table

from quantrl.cli.bench.rate import Goal, RateResult
from quantrl.cli.bench.sheet import timing_json


def printed(result: RateResult) -> list[RenderableType]:
    """Lines of one case: with a disagreement those lines and nothing else, above all no time."""
    if result.disagreements:
        return [str(found) for found in result.disagreements]
    case, rates = result.case, result.rates
    lines: list[RenderableType] = []
    if rates:
        lines.append(_table(result))
    else:
        lines.append(f"{case.id}: {case.title}: nothing to time here")
    lines += [_goal(goal, rates) for goal in case.goals if rates]
    lines += [f"{name}: agrees to {worst:.1e}" for name, worst in result.worst.items()]
    lines += [f"{name}: {reason}: no ratio" for name, reason in case.absent.items()]
    lines += list(case.notes) if rates else []
    return lines


def _table(result: RateResult) -> Table:
    case = result.case
    columns = ("", f"{case.unit}/s", f"{case.unit}/CPU s", "median ms", "min ms", "units a call")
    table = Table(*columns, title=f"{case.id}: {case.title}")
    for contender in case.contenders:
        timing = result.timings[contender.name]
        rates = (f"{found[contender.name]:,.0f}" for found in (result.rates, result.cpu_rates))
        times = (f"{timing.median_ms:.2f}", f"{timing.min_ms:.2f}")
        table.add_row(contender.name, *rates, *times, f"{contender.units:,}")
    return table


def _goal(goal: Goal, rates: dict[str, float]) -> str:
    value = goal.value(rates)
    if goal.over is None:
        reached = "not measured" if value is None else f"{value:,.0f}/s"
        return f"{goal.of}: {reached}, goal {goal.at_least:,.0f}/s"
    reached = "no ratio" if value is None else f"{value:,.2f}x"
    return f"{goal.of} to {goal.over}: {reached}, goal {goal.at_least:,g}x"


def rate_json(result: RateResult) -> dict[str, Any]:
    """The object of one case; times are null and peers empty where engines disagree."""
    case, rates = result.case, result.rates
    entries = [
        {
            "name": contender.name,
            "rate": rates[contender.name],
            "cpu_rate": result.cpu_rates[contender.name],
            "units": contender.units,
            **timing_json(result.timings[contender.name]),
        }
        for contender in case.contenders
        if contender.name in rates
    ]
    return {
        "id": case.id,
        "title": case.title,
        "unit": case.unit,
        "agree": result.agree,
        "met": result.met,
        "ours_ms": entries[0]["median_ms"] if entries else None,
        "ours": entries[0] if entries else None,
        "peers": entries[1:],
        "goals": [{**vars(goal), "value": goal.value(rates)} for goal in case.goals] if rates else [],
        "absent": case.absent,
        "checks": [{"name": c.name, "limit": c.limit, "worst": result.worst[c.name]} for c in case.checks],
        "disagreements": [vars(found) for found in result.disagreements],
        "sha256": case.sha256,
        "notes": list(case.notes),
    }
