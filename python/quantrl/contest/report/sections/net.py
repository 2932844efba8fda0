"""The net table, and every account against equal weight."""

from __future__ import annotations

from quantrl.contest.report.sections import empty, subtitle
from quantrl.report.markup import Html, tag
from quantrl.report.sections import section
from quantrl.report.table import Column, table
from quantrl.report.values import Values
from quantrl.report.whisker import WhiskerScale
from quantrl.typing import JsonObject

_MEASURES = [
    ("total", "points", "Net return", "% in all"),
    ("sharpe", "ratio", "Sharpe", "95% interval"),
    ("max_drawdown", "points", "Worst drawdown", "%"),
    ("vol", "points", "Volatility", "% a year"),
    ("turnover", "tenths", "Target turnover", "× a year"),
    ("cost_bps_year", "count", "Cost", "bp a year"),
]


def net(report: JsonObject, values: Values) -> Html:
    """Results of the book, the engines and the baselines."""
    books = report["books"]
    if not books or books[0]["measures"]["sharpe"]["value"] is None:
        return section(
            "headline", "Results after costs", empty("Too few days with a result to measure anything.")
        )
    scale = WhiskerScale.over(
        [book["measures"]["sharpe"][end] for book in books for end in ("low", "value", "high")]
    )
    columns = [Column("Account", "text")]
    for name, _, label, unit in _MEASURES:
        columns.append(Column(label, unit=unit))
        if name == "sharpe":
            columns.append(Column(tag("span", "Sharpe, drawn", class_="hidden"), "draw", unit=scale.axis()))
    columns += [Column("PSR"), Column("DSR")]
    rows = [_row(i, book, values, scale) for i, book in enumerate(books)]
    body = table(
        columns,
        rows,
        caption="Results after costs",
        row_classes=[book["role"] for book in books],
        class_="books",
    )
    lead = (
        "Every account is paid for on the same days at the same costs. Small figures are 95% intervals from blocks of days "
        "drawn again and again; those of random choice hold 95% of its seeds."
    )
    return section("headline", "Results after costs", body, *_versus(report, values), lead=lead)


def _row(i: int, book: JsonObject, values: Values, scale: WhiskerScale) -> list[object]:
    cells: list[object] = [book["label"]]
    for name, unit, _, _ in _MEASURES:
        known = name in book["measures"]
        cells.append(values.measure(f"/books/{i}/measures/{name}", unit) if known else "")
        if name == "sharpe":
            entry = book["measures"]["sharpe"]
            cells.append(scale.cell(entry["value"], entry["low"], entry["high"]))
    return [
        *cells,
        *(
            values.show(f"/books/{i}/{name}", "ratio") if book[name] is not None else ""
            for name in ("psr", "dsr")
        ),
    ]


def _versus(report: JsonObject, values: Values) -> list[Html]:
    shown = [(i, book) for i, book in enumerate(report["books"]) if book["versus_equal"]]
    if not shown:
        return []
    columns = [
        Column("Account", "text"),
        Column("Sharpe above equal weight", unit="95% interval"),
        Column("p", unit="two-sided"),
        Column("Visible", unit="at 80% power"),
        Column("In words", "text"),
    ]
    rows = [
        [
            book["label"],
            values.measure(f"/books/{i}/versus_equal", "ratio"),
            values.show(f"/books/{i}/versus_equal/p", "p"),
            values.show(f"/books/{i}/versus_equal/visible", "ratio"),
            book["verdict"],
        ]
        for i, book in shown
    ]
    classes = ["own" if book["role"] == "contest" else None for _, book in shown]
    return [
        subtitle("Against equal weight"),
        table(columns, rows, caption="Against equal weight", row_classes=classes, class_="words"),
    ]
