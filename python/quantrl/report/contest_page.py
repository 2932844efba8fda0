"""The page of a contest: which agents to trust now, with what capital, and how sure we are."""

from __future__ import annotations

from quantrl.report.document import Document
from quantrl.report.figures.capital import capital_figure, capital_period
from quantrl.report.folder import ReportFolder
from quantrl.report.markup import Html
from quantrl.report.sections import section
from quantrl.report.sections.books import books
from quantrl.report.sections.charts import growth, rolling, trading
from quantrl.report.sections.footnotes import footnotes, versions
from quantrl.report.sections.header import facts, header
from quantrl.report.sections.history import drawdowns, months
from quantrl.report.sections.honesty import delay, honesty
from quantrl.report.sections.leaderboard import leaderboard
from quantrl.report.sections.targets import targets
from quantrl.report.values import Values


def contest_page(folder: ReportFolder) -> Document:
    """Lay out the report of a contest run."""
    values = Values(folder.raw)
    page = Document(f"{folder.report.name}: contest report")
    page.add(header(folder, values))
    page.add(facts(folder, values), "Run", "run")
    page.add(books(folder, values), "Results", "headline")
    page.add(growth(folder, page), "Growth", "growth")
    page.add(leaderboard(folder, values), "Leaderboard", "leaderboard")
    page.add(_capital(folder, page), "Capital", "capital")
    page.add(targets(folder, values), "Targets", "targets")
    page.add(trading(folder, page), "Costs", "costs")
    page.add(rolling(folder, page), "Stability", "rolling")
    page.add(months(folder), "Months", "months")
    page.add(drawdowns(folder), "Drawdowns", "drawdowns")
    page.add(delay(folder, values), "Delay", "delay")
    page.add(honesty(folder, values), "Trust", "honesty")
    page.add(footnotes(folder), "Notes", "notes")
    page.add(versions(folder.report.versions))
    return page


def _capital(folder: ReportFolder, page: Document) -> Html:
    figure = capital_figure(folder)
    label = "Heat map of the mean share of capital each agent held over time."
    period = capital_period(folder)
    caption = f"Agents in the order of the leaderboard. Mean share of capital over the {period}."
    lead = f"Each row is an agent, each column a {period}: where a row is shaded, the agent held capital."
    return section(
        "capital", "Who held capital when", page.chart("capital", figure, label, caption), lead=lead
    )
