"""Whether stated probabilities come true."""

from __future__ import annotations

from quantrl.contest.report.figures.reliability import reliability_figure
from quantrl.contest.report.sections import empty
from quantrl.report.document import Document
from quantrl.report.markup import Html, join, tag
from quantrl.report.sections import section
from quantrl.report.table import Column, table
from quantrl.report.values import Values
from quantrl.typing import JsonObject

_SCORES = [
    ("rows", "count", "Signals", "matured"),
    ("stated", "points", "Stated", "mean, %"),
    ("came_true", "points", "Came true", "%"),
    ("brier", "ratio3", "Brier", "0 is best"),
    ("skill", "ratio3", "Skill", "against base rate"),
    ("log_score", "ratio3", "Log score", "0 is best"),
]


def calibration(report: JsonObject, values: Values, page: Document) -> Html:
    """Scores by span and agent, the reliability diagram with its bins, the curve that would mend them."""
    found = report["calibration"]
    title = "Do stated probabilities come true?"
    if not found["rows"]:
        return section("calibration", title, empty("No buy or sell that was accepted has matured."))
    label = "Share of signals that came true against the probability stated, in ten bins."
    chart = page.chart("reliability", reliability_figure(found["reliability"]), label)
    columns = [Column("Signals of", "text"), *(Column(head, unit=unit) for _, _, head, unit in _SCORES)]
    rows = [
        [
            f"{part['span']} ({found['cutoff']})" if i == 0 else part["span"],
            *_scores(f"/calibration/spans/{i}", values),
        ]
        for i, part in enumerate(found["spans"])
    ]
    rows += [
        [part["agent"], *_scores(f"/calibration/by_agent/{i}", values)]
        for i, part in enumerate(found["by_agent"])
    ]
    classes = ["own", *[None] * (len(rows) - 1)]
    body = table(columns, rows, caption="Scores of stated probabilities", row_classes=classes)
    lead = (
        "A signal comes true if the next day's return, net of a round trip, is positive in its direction. "
        "Holds are left out."
    )
    return section(
        "calibration",
        title,
        body,
        chart,
        _bins(found["reliability"], values),
        _platt(found, values),
        lead=lead,
    )


def _scores(path: str, values: Values) -> list[Html]:
    return [values.show(f"{path}/{name}", unit) for name, unit, _, _ in _SCORES]


def _bins(bins: JsonObject, values: Values) -> Html:
    columns = [
        Column("Bin", "text"),
        Column("Signals"),
        Column("Stated", unit="mean, %"),
        Column("Came true", unit="%"),
        Column("95% interval", unit="Wilson, %"),
    ]
    rows: list[list[object]] = []
    for i, count in enumerate(bins["count"]):
        if count:
            path = "/calibration/reliability"
            low, high = (values.show(f"{path}/{end}/{i}", "points") for end in ("low", "high"))
            shown = [values.show(f"{path}/{name}/{i}", "points") for name in ("stated", "share")]
            label = f"{10 * i} to {10 * i + 10}%"
            rows.append([label, values.show(f"{path}/count/{i}", "count"), *shown, join([low, " to ", high])])
    body = table(columns, rows, caption="Reliability in ten bins", class_="medium")
    return tag("details", tag("summary", "The bins as numbers"), body)


def _platt(found: JsonObject, values: Values) -> Html:
    curve = found["platt"]
    if "slope" not in curve:
        return tag("p", f"No recalibration: {curve['reason']}.", class_="note")
    words: list[object] = [
        "A logistic curve fitted to the older rows (intercept ",
        values.show("/calibration/platt/intercept", "ratio"),
        ", slope ",
        values.show("/calibration/platt/slope", "ratio"),
        ") changes the Brier score of the newest hundred from ",
        values.show("/calibration/platt/brier_stated", "ratio3"),
        " to ",
        values.show("/calibration/platt/brier_mended", "ratio3"),
    ]
    end = ": sizing may use it." if curve["used"] else ": sizing does not use it."
    return tag("p", *words, end, class_="note")
