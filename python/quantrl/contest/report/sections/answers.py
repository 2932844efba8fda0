"""What answers cost, and what was spent of each cap."""

from __future__ import annotations

from quantrl.contest.report.sections import empty
from quantrl.report.markup import Html, tag
from quantrl.report.sections import section
from quantrl.report.table import Cell, Column, table
from quantrl.report.values import Values
from quantrl.typing import JsonObject

_NUMBERS = [
    ("calls", "count", "Calls", ""),
    ("replies", "count", "Replies", ""),
    ("hit_rate", "whole", "From record", "%"),
    ("input_tokens", "count", "Tokens in", ""),
    ("output_tokens", "count", "Tokens out", ""),
    ("usd", "usd", "Cost", "USD"),
]


def answers(report: JsonObject, values: Values) -> Html:
    """Calls, tokens and money by agent, task and model."""
    found = report["cost"]
    title = "What answers cost"
    if not found["rows"]:
        return section("answers", title, empty("No call was made."), _spend(found, values))
    columns = [
        Column("Agent", "text"),
        Column("Task", "text"),
        Column("Model", "text"),
        *(Column(head, unit=unit) for _, _, head, unit in _NUMBERS),
    ]
    rows: list[list[object]] = []
    for i, row in enumerate(found["rows"]):
        named = [Cell(row[name], row[name]) for name in ("agent", "task", "model")]
        numbers = [
            Cell(values.show(f"/cost/rows/{i}/{name}", unit), row[name]) for name, unit, _, _ in _NUMBERS
        ]
        rows.append([*named, *numbers])
    total = found["total"]
    sums: list[object] = ["In all: "]
    for name, unit, words in (
        ("calls", "count", " calls, "),
        ("input_tokens", "count", " tokens read, "),
        ("output_tokens", "count", " written, "),
    ):
        sums += [values.show(f"/cost/total/{name}", unit), words]
    sums += (
        [values.show("/cost/total/usd", "usd"), " USD."]
        if total["usd"] is not None
        else ["price not known of all."]
    )
    body = tag(
        "details",
        tag("summary", "By agent, task and model"),
        table(columns, rows, caption=title, sortable=True),
    )
    return section("answers", title, tag("p", *sums), _spend(found, values), body)


def _spend(found: JsonObject, values: Values) -> Html:
    if not found["spend"]:
        return Html("")
    columns = [Column("Cap", "text"), Column("Used"), Column("Allowed")]
    rows = [
        [
            one["name"].replace("_", " "),
            values.show(f"/cost/spend/{i}/used", _unit(one["name"])),
            values.show(f"/cost/spend/{i}/cap", _unit(one["name"])) if one["cap"] is not None else "no cap",
        ]
        for i, one in enumerate(found["spend"])
    ]
    return table(columns, rows, caption="Spent of each cap", class_="narrow")


def _unit(name: str) -> str:
    return "usd" if name.endswith("usd") else "count"
