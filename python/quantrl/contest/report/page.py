"""The page of a contest: what it earned and how sure that is, whether it predicts, and what everything cost."""

from __future__ import annotations

from quantrl.contest.report.sections.answers import answers
from quantrl.contest.report.sections.calibration import calibration
from quantrl.contest.report.sections.contests import contests
from quantrl.contest.report.sections.costs import costs
from quantrl.contest.report.sections.earned import earned
from quantrl.contest.report.sections.engines import engines
from quantrl.contest.report.sections.header import header
from quantrl.contest.report.sections.judges import judges
from quantrl.contest.report.sections.net import net
from quantrl.contest.report.sections.notes import notes
from quantrl.contest.report.sections.rejections import rejections
from quantrl.contest.report.sections.settings import settings
from quantrl.report.document import Document
from quantrl.report.figures.capital import capital_figure, capital_period
from quantrl.report.folder import ReportFolder
from quantrl.report.markup import Html
from quantrl.report.sections import section
from quantrl.report.sections.charts import growth, rolling
from quantrl.report.sections.footnotes import versions
from quantrl.report.sections.header import facts
from quantrl.report.sections.history import drawdowns, months
from quantrl.report.sections.honesty import honesty
from quantrl.report.sections.leaderboard import leaderboard
from quantrl.report.sections.targets import targets
from quantrl.report.values import Values


def contest_page(folder: ReportFolder) -> Document:
    """Lay out the report of a run folder that holds ``report.json``, ``equity.parquet`` and ``decisions.parquet``."""
    report = folder.raw
    values = Values(report)
    page = Document(f"{report['name']}: contest report", report["banner"])
    page.add(header(report, values))
    page.add(facts(folder, values), anchor="run")
    page.add(net(report, values), "Results", "headline")
    if len(folder.equity):
        page.add(growth(folder, page), "Growth", "growth")
    page.add(costs(report, values, page), "Costs", "costs")
    page.add(contests(report, values, page), "Contests", "contests")
    page.add(leaderboard(folder, values), "Leaderboard", "leaderboard")
    page.add(earned(report, values), "Earned", "earned")
    page.add(engines(report, values), "Engines", "engines")
    page.add(_capital(folder, page), "Capital", "capital")
    if len(folder.equity):
        page.add(targets(folder, values), "Targets", "targets")
    page.add(calibration(report, values, page), "Calibration", "calibration")
    page.add(judges(report, values), "Judges", "judges")
    page.add(answers(report, values), "Answers", "answers")
    page.add(rejections(report, values), "Signals", "rejections")
    if len(folder.equity):
        page.add(rolling(folder, page), anchor="rolling")
        page.add(months(folder), anchor="months")
        page.add(drawdowns(folder), anchor="drawdowns")
    page.add(settings(report), "Settings", "settings")
    page.add(honesty(folder, values), "Trust", "honesty")
    page.add(notes(), anchor="notes")
    page.add(versions(folder.report.versions))
    return page


def _capital(folder: ReportFolder, page: Document) -> Html:
    label = "Heat map of the mean share of capital each agent held over time."
    period = capital_period(folder)
    chart = page.chart("capital", capital_figure(folder), label, f"Mean share of capital over the {period}.")
    lead = f"Each row is an agent, each column a {period}: where a row is shaded, the agent held capital."
    return section("capital", "Who held capital when", chart, lead=lead)
