"""What a paper book was allowed to do: trading states with reasons, what the gates refused, how orders ended."""

from __future__ import annotations

from quantrl.report.folder import ReportFolder
from quantrl.report.markup import Html, tag
from quantrl.report.schema import PaperEntry
from quantrl.report.sections import section
from quantrl.report.table import Column, table
from quantrl.report.values import Values

_STYLES = {"ACTIVE": "active", "HALTED": "cut", "FLATTEN": "cut"}


def control(folder: ReportFolder, values: Values) -> Html:
    """Three tables of a paper book."""
    paper = folder.report.paper
    if paper is None:
        return Html("")
    right = tag("div", _gates(paper, values), _orders(paper, values))
    lead = "A state holds until the next one. Gates stand between every wish and an order; a refusal drops the whole leg."
    return section(
        "control", "What it was allowed to do", tag("div", _states(paper), right, class_="two"), lead=lead
    )


def _states(paper: PaperEntry) -> Html:
    rows: list[list[object]] = [
        [
            tag("span", entry.time.replace("T", " ").rstrip("Z"), class_="nobr"),
            tag("span", entry.state, class_=f"badge {_STYLES.get(entry.state, 'probation')}"),
            entry.reason,
        ]
        for entry in paper.states
    ]
    columns = [Column("Since, UTC", "text"), Column("State", "text"), Column("Why", "text")]
    return table(columns, rows, caption="Trading states", class_="states")


def _gates(paper: PaperEntry, values: Values) -> Html:
    if not paper.gates:
        return tag("p", "No gate refused anything.", class_="note")
    rows: list[list[object]] = [
        [f"{entry.gate} {entry.name}", entry.scope, values.show(f"/paper/gates/{i}/refused", "count")]
        for i, entry in enumerate(paper.gates)
    ]
    columns = [Column("Gate", "text"), Column("Asked about", "text"), Column("Refused")]
    return table(columns, rows, caption="Refusals by gate")


def _orders(paper: PaperEntry, values: Values) -> Html:
    if not paper.orders:
        return tag("p", "No order was sent.", class_="note")
    rows: list[list[object]] = [
        [state.capitalize(), values.show(f"/paper/orders/{state}", "count")] for state in paper.orders
    ]
    rows += [
        [label, values.show(f"/paper/counts/{name}", "count")]
        for name, label in (
            ("fills", "Fills"),
            ("crosses", "Crossed inside"),
            ("transfers", "Transfers of capital"),
        )
        if name in paper.counts
    ]
    return table([Column("Orders", "text"), Column("Count")], rows, caption="How orders ended")
