"""Engines side by side: who would have had the capital, and what it earned there."""

from __future__ import annotations

from quantrl.report.markup import Html, tag
from quantrl.report.sections import section
from quantrl.report.table import Cell, Column, table
from quantrl.report.values import Values
from quantrl.typing import JsonObject

_SHOWN = ("paper", "selection", "equal", "best_past")


def engines(report: JsonObject, values: Values) -> Html:
    """A row for each agent, two columns for each engine."""
    shown = [(i, one) for i, one in enumerate(report["engines"]) if one["engine"] in _SHOWN]
    if not shown or not shown[0][1]["agents"]:
        return Html("")
    columns = [Column("Agent", "text")]
    for _, one in shown:
        columns += [Column(one["label"], unit="mean capital, %"), Column("Earned", unit="% of equity")]
    rows: list[list[object]] = []
    for j, agent in enumerate(shown[0][1]["agents"]):
        cells: list[object] = [Cell(agent["agent"], agent["agent"])]
        for i, one in shown:
            path, own = f"/engines/{i}/agents/{j}", one["agents"][j]
            cells.append(Cell(values.show(f"{path}/share", "points"), own["share"]))
            cells.append(Cell(values.show(f"{path}/earned", "points2"), own["earned"]))
        rows.append(cells)
    body = table(columns, rows, caption="Engines side by side", sortable=True)
    lead = (
        "The same recorded rows under other rules of capital. Earned: capital times the agent's own net return, summed over "
        "the days; netting of opposite orders is not in it."
    )
    return section("engines", "Engines side by side", body, _totals(shown, values), lead=lead)


def _totals(shown: list[tuple[int, JsonObject]], values: Values) -> Html:
    columns = [
        Column("Engine", "text"),
        Column("Funded", unit="agents a day"),
        Column("Cash", unit="%"),
        Column("Capital moved", unit="% a day"),
        Column("Earned", unit="% of equity"),
    ]
    rows = [
        [
            one["label"],
            values.show(f"/engines/{i}/funded", "tenths"),
            values.show(f"/engines/{i}/cash", "points"),
            values.show(f"/engines/{i}/moved", "points"),
            values.show(f"/engines/{i}/earned", "points2"),
        ]
        for i, one in shown
    ]
    return tag("div", table(columns, rows, caption="Totals of each engine", class_="medium"))
