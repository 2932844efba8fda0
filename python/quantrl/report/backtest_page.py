"""The page of a backtest: one or more accounts, without the parts that belong to a contest."""

from __future__ import annotations

from quantrl.report.document import Document
from quantrl.report.folder import ReportFolder
from quantrl.report.markup import Html, tag
from quantrl.report.sections.account import cost_curve, distribution, exposure, trades
from quantrl.report.sections.books import books
from quantrl.report.sections.charts import growth, rolling, trading
from quantrl.report.sections.footnotes import footnotes, versions
from quantrl.report.sections.header import facts, header
from quantrl.report.sections.history import drawdowns, months
from quantrl.report.sections.honesty import honesty
from quantrl.report.values import Values


def backtest_page(folder: ReportFolder) -> Document:
    """Lay out the report of a backtest run."""
    values = Values(folder.raw)
    page = Document(f"{folder.report.name}: backtest report")
    page.add(header(folder, values))
    page.add(facts(folder, values), "Run", "run")
    page.add(books(folder, values), "Results", "headline")
    page.add(_which(folder))
    page.add(growth(folder, page), "Growth", "growth")
    page.add(honesty(folder, values), "Trust", "honesty")
    page.add(months(folder), "Months", "months")
    page.add(drawdowns(folder), "Drawdowns", "drawdowns")
    page.add(rolling(folder, page), "Stability", "rolling")
    page.add(distribution(folder, values, page), "Returns", "distribution")
    page.add(trades(folder, values), "Trades", "trades")
    page.add(exposure(folder, page), "Exposure", "exposure")
    page.add(trading(folder, page), "Costs", "costs")
    page.add(cost_curve(folder, values, page), "Cost curve", "cost-curve")
    page.add(footnotes(folder), "Notes", "notes")
    page.add(versions(folder.report.versions))
    return page


def _which(folder: ReportFolder) -> Html:
    if sum(book.role == "agent" for book in folder.report.books) < 2:
        return Html("")
    return tag("p", "Everything below is about ", tag("b", folder.primary), ".", class_="note")
