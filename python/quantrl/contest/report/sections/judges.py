"""How good the judges are."""

from __future__ import annotations

from quantrl.contest.report.sections import empty
from quantrl.report.markup import Html, tag
from quantrl.report.sections import section
from quantrl.report.table import Column, table
from quantrl.report.values import Values
from quantrl.typing import JsonObject


def judges(report: JsonObject, values: Values) -> Html:
    """Agreement by rubric; what the mean score goes with."""
    found = report["judges"]
    title = "How good are the judges?"
    if found is None:
        return section("judges", title, empty("Nobody was judged in this run."))
    columns = [
        Column("Rubric", "text"),
        Column("Mean", unit="0 to 100"),
        Column("Agreement", unit="Krippendorff α"),
        Column("Cards"),
    ]
    rows: list[list[object]] = []
    for i, one in enumerate(found["by_rubric"]):
        path = f"/judges/by_rubric/{i}"
        name = one["rubric"].replace("_", " ").capitalize()
        rows.append(
            [
                name,
                values.show(f"{path}/mean", "tenths"),
                values.measure(path, "ratio"),
                values.show(f"{path}/units", "count"),
            ]
        )
    rows.append(
        [
            "All rubrics together",
            "",
            values.measure("/judges/alpha", "ratio"),
            values.show("/judges/alpha/units", "count"),
        ]
    )
    classes = [None] * len(found["by_rubric"]) + ["own"]
    agreed = table(columns, rows, caption="Agreement of the judges", row_classes=classes)
    lead = (
        f"{len(found['judges'])} judges score each card by rubrics, without names or past results. Judges that are "
        "calls of one model can agree without being right."
    )
    return section("judges", title, tag("div", agreed, _goes_with(values), class_="two"), lead=lead)


def _goes_with(values: Values) -> Html:
    columns = [
        Column("The mean score goes with", "text"),
        Column("Rank correlation"),
        Column("t", unit="Newey-West"),
        Column("Dates"),
    ]
    named = [
        ("rank_ic", "what the agent earned next"),
        ("length", "the length of the card"),
        ("position", "its position in the list"),
    ]
    rows = [
        [
            label,
            values.show(f"/judges/{name}/mean", "ratio3"),
            values.show(f"/judges/{name}/t", "ratio"),
            values.show(f"/judges/{name}/dates", "count"),
        ]
        for name, label in named
    ]
    return table(columns, rows, caption="What the scores go with")
