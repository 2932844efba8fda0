"""Who earned what of the book: its parts, which sum to it."""

from __future__ import annotations

from quantrl.contest.evaluate.earned import PARTS
from quantrl.report.markup import Html
from quantrl.report.sections import section
from quantrl.report.table import Cell, Column, table
from quantrl.report.values import Values
from quantrl.typing import JsonObject


def earned(report: JsonObject, values: Values) -> Html:
    """A row for each agent and for what no agent earned; nothing where a run kept none."""
    rows = [
        [
            PARTS.get(one["part"], one["agent"]),
            Cell(values.show(f"/earned/{i}/earned", "points2"), one["earned"]),
        ]
        for i, one in enumerate(report["earned"])
    ]
    if not rows:
        return Html("")
    body = table(
        [Column("Part", "text"), Column("Earned", unit="% of equity")],
        rows,
        caption="Who earned what",
        sortable=True,
    )
    lead = "Capital times the agent's own net return, summed over the days; all rows together are what the book returned."
    return section("earned", "Who earned what of the book", body, lead=lead)
