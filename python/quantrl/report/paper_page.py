"""The page of a paper book: what it earned, who held its capital, what it was allowed to do, whether it adds up."""

from __future__ import annotations

from quantrl.report.document import Document
from quantrl.report.folder import ReportFolder
from quantrl.report.sections.books import books
from quantrl.report.sections.charts import growth, rolling
from quantrl.report.sections.control import control
from quantrl.report.sections.footnotes import footnotes, versions
from quantrl.report.sections.header import facts, header
from quantrl.report.sections.history import drawdowns, months
from quantrl.report.sections.honesty import honesty
from quantrl.report.sections.leaderboard import leaderboard
from quantrl.report.sections.money import activity, money, stakes
from quantrl.report.sections.targets import targets
from quantrl.report.values import Values


def paper_page(folder: ReportFolder) -> Document:
    """Lay out the report of a paper book."""
    values = Values(folder.raw)
    page = Document(f"{folder.report.name}: paper book")
    page.add(header(folder, values))
    page.add(facts(folder, values), "Run", "run")
    page.add(books(folder, values), "Results", "headline")
    page.add(growth(folder, page), "Growth", "growth")
    page.add(stakes(folder, page), "Capital", "stakes")
    page.add(leaderboard(folder, values), "Leaderboard", "leaderboard")
    page.add(targets(folder, values), "Targets", "targets")
    page.add(activity(folder, page), "Costs", "costs")
    page.add(money(folder, values), "Money", "money")
    page.add(control(folder, values), "Control", "control")
    page.add(rolling(folder, page), "Stability", "rolling")
    page.add(months(folder), "Months", "months")
    page.add(drawdowns(folder), "Drawdowns", "drawdowns")
    page.add(honesty(folder, values), "Trust", "honesty")
    page.add(footnotes(folder), "Notes", "notes")
    page.add(versions(folder.report.versions))
    return page
