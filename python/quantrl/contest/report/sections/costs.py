"""From gross to net."""

from __future__ import annotations

from quantrl.contest.report.figures.waterfall import waterfall_figure
from quantrl.report.document import Document
from quantrl.report.markup import Html, tag
from quantrl.report.sections import section
from quantrl.report.table import Column, table
from quantrl.report.values import Values
from quantrl.typing import JsonObject


def costs(report: JsonObject, values: Values, page: Document) -> Html:
    """The steps as bars and as a table."""
    fall = report["waterfall"]
    if not fall["days"]:
        return Html("")
    chart = page.chart("waterfall", waterfall_figure(fall["steps"]), "Bars from gross to net returns.")
    columns = [
        Column("Step", "text"),
        Column("Change", unit="% of equity"),
        Column("Left", unit="% of equity"),
        Column("Sharpe", unit="of what is left"),
    ]
    rows = [
        [
            step["name"].capitalize(),
            values.show(f"/waterfall/steps/{i}/change", "points2"),
            values.show(f"/waterfall/steps/{i}/level", "points2"),
            values.show(f"/waterfall/steps/{i}/sharpe", "ratio"),
        ]
        for i, step in enumerate(fall["steps"])
    ]
    classes = ["own" if step["name"] == "net" else None for step in fall["steps"]]
    body = table(columns, rows, caption="From gross to net", row_classes=classes, class_="medium")
    note = tag("p", *_notes(fall, values), class_="note")
    lead = "Sums of daily returns of the contest book, so that the steps add up."
    return section("costs", "From gross to net", chart, body, note, lead=lead)


def _notes(fall: JsonObject, values: Values) -> list[object]:
    parts: list[object] = [f"Fees and slippage: {fall['split']}. "]
    facts = fall["inference"]
    parts += ["Answers cost ", values.show("/waterfall/inference/usd", "usd"), " USD in all"]
    if facts["replies_without_price"]:
        parts += [
            "; ",
            values.show("/waterfall/inference/replies_without_price", "count"),
            " have no known price",
        ]
    return [*parts, ". The other tables of this page do not charge them to the book."]
