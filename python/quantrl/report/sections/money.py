"""A paper book's money: whose it is, what trading cost, what the equity is made of."""

from __future__ import annotations

from quantrl.report.activity import activity_of
from quantrl.report.document import Document
from quantrl.report.figures.activity import activity_figure
from quantrl.report.figures.stakes import stakes_figure
from quantrl.report.folder import ReportFolder
from quantrl.report.markup import Html, tag
from quantrl.report.sections import section
from quantrl.report.sections.costs import costs_table
from quantrl.report.stakes import stakes_of
from quantrl.report.table import Column, table
from quantrl.report.trading import trading_years
from quantrl.report.values import Values

_PARTS = (
    ("deposited", "Put in"),
    ("marks", "Prices of what was held moved"),
    ("fills", "Fills against the close of their bar"),
    ("fees", "Fees"),
    ("financing", "Financing"),
    ("equity", "Equity now"),
)


def stakes(folder: ReportFolder, page: Document) -> Html:
    """Capital by agent over time."""
    made, paper = stakes_of(folder), folder.report.paper
    if made is None or paper is None:
        return Html("")
    label = "Stacked areas of the capital each agent held over time, adding up to the equity."
    caption = "Every bar is drawn." if made.period == "bar" else f"Drawn: the end of each {made.period}."
    chart = page.chart("stakes", stakes_figure(made, paper.currency), label, caption)
    lead = "Rounds move capital between agents; what no agent holds lies in the treasury. The layers add up to the equity."
    return section("stakes", "Whose capital it is", chart, lead=lead)


def activity(folder: ReportFolder, page: Document) -> Html:
    """Turnover, fees and slippage by period."""
    curve, fills = folder.book(folder.primary), folder.fills
    if fills is None or curve is None or not fills.height:
        return Html("")
    made = activity_of(folder.time, curve, fills)
    chart = page.chart("activity", activity_figure(made), f"Bars of turnover and of cost by {made.period}.")
    lead = f"What the book bought plus sold in each {made.period}, and the fees and slippage it paid, against its equity."
    years = costs_table(trading_years(folder.time, curve, fills))
    return section("costs", "Turnover and costs", chart, years, lead=lead)


def money(folder: ReportFolder, values: Values) -> Html:
    """Where the equity comes from, to the last unit."""
    paper = folder.report.paper
    if paper is None:
        return Html("")
    rows: list[list[object]] = [
        [label, values.show(f"/paper/money/{name}", "cents")]
        for name, label in _PARTS
        if name == "equity" or getattr(paper.money, name)
    ]
    body = table(
        [Column("Part", "text"), Column("Amount", unit=paper.currency)],
        rows,
        caption="What the equity is made of",
        row_classes=[None] * (len(rows) - 1) + ["sum"],
        class_="narrow money",
    )
    even = tag(
        "p",
        "Unexplained: ",
        values.show("/paper/money/residual_1e8", "count"),
        f" units of 0.00000001 {paper.currency}. The books are double entry in whole units: the parts add up exactly, or "
        "something is wrong.",
        class_="note" if paper.money.residual_1e8 == 0 else "alarm",
    )
    return section("money", "Where the money came from", body, even)
