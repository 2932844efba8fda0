"""Sections made around a chart."""

from __future__ import annotations

from quantrl.report.document import Document
from quantrl.report.figures.equity import equity_figure, missing_curves, sampled
from quantrl.report.figures.rolling import rolling_figure
from quantrl.report.figures.trading import trading_figure
from quantrl.report.folder import ReportFolder
from quantrl.report.markup import Html, tag
from quantrl.report.periods import Period
from quantrl.report.sections import section
from quantrl.report.sections.costs import costs_table, netting_words
from quantrl.report.trading import trading_years


def growth(folder: ReportFolder, page: Document) -> Html:
    """Growth and drawdown of all books."""
    drawn = _drawn(*sampled(folder), agents_drawn=bool(folder.agents))
    caption = f"{drawn} Drag to zoom, double-click to go back, click a name to hide or show it."
    absent = missing_curves(folder)
    if absent:
        caption += f" No curve is stored for: {', '.join(absent)}."
    label = "Growth of all books on a log scale, with the drawdown below."
    chart = page.chart("equity", equity_figure(folder), label, caption)
    lead = "What one unit of money became, after costs."
    return section("growth", "Growth and drawdown", _picker(folder), chart, lead=lead)


def rolling(folder: ReportFolder, page: Document) -> Html:
    """Rolling Sharpe ratio."""
    label = "Sharpe ratio of the last year over time, and below it the volatility."
    if folder.report.kind != "backtest":
        label = "Sharpe ratio of the last year over time."
    chart = page.chart("rolling", rolling_figure(folder), label)
    lead = (
        "Sharpe ratio over the year before each day. One year is short: swings of one either way are "
        "ordinary luck."
    )
    return section("rolling", "Did it last?", chart, lead=lead)


def trading(folder: ReportFolder, page: Document) -> Html:
    """Costs and turnover by year."""
    curve = folder.book(folder.primary)
    if folder.fills is None or curve is None:
        return Html("")
    years = trading_years(folder.time, curve, folder.fills)
    chart = page.chart("costs", trading_figure(years), "Bars of cost and of turnover by year.")
    lead = (
        "Fees and slippage the book paid, and what it bought plus sold, against its mean equity of the year."
    )
    return section("costs", "Costs and turnover", chart, netting_words(folder), costs_table(years), lead=lead)


def _drawn(books: Period, agents: Period, *, agents_drawn: bool) -> str:
    if agents == "bar" or (books == "bar" and not agents_drawn):
        return "Every bar is drawn."
    if not agents_drawn:
        return f"Drawn: the last equity of each {books} and the worst drawdown in the {books}."
    if books == "bar":
        return f"Every bar of the books is drawn, of the agents the last of each {agents}."
    return f"Drawn: the last equity of each {books} (agents: {agents}) and the worst drawdown in the {books}."


def _picker(folder: ReportFolder) -> Html:
    """A native list, so that any agent's line can be found with the keyboard."""
    if not folder.agents:
        return Html("")
    options = [
        tag("option", "none", value=""),
        *(tag("option", name, value=i) for i, name in enumerate(folder.agents)),
    ]
    return tag(
        "p", tag("label", "Highlight an agent ", tag("select", *options, id="pick-agent")), class_="picker"
    )
