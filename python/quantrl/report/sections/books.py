"""The headline table: one row a book, the measures with their intervals."""

from __future__ import annotations

from quantrl.report.account import RandomEntry
from quantrl.report.folder import ReportFolder
from quantrl.report.markup import Html, tag
from quantrl.report.numbers import MEASURE_UNITS, lead_unit
from quantrl.report.schema import BookEntry
from quantrl.report.sections import section
from quantrl.report.table import Cell, Column, table
from quantrl.report.values import Values
from quantrl.report.whisker import WhiskerScale

_COLUMNS: list[tuple[str, str, str]] = [
    ("cagr", "Return", "% a year"),
    ("vol", "Volatility", "% a year"),
    ("sharpe", "Sharpe", "95% interval"),
    ("max_drawdown", "Worst drawdown", "%"),
    ("sortino", "Sortino", ""),
    ("calmar", "Calmar", ""),
    ("turnover", "Turnover", "× a year"),
    ("cost_bps_year", "Cost", "bp a year"),
    ("exposure", "Invested", "%"),
]
_RANGED = ("cagr", "vol", "sharpe", "max_drawdown")
TITLES = {
    "contest": "Contest against baselines",
    "backtest": "Results",
    "paper": "The book against the market",
}
LEADERS = {"contest": "Contest leads", "paper": "Book leads", "backtest": "Its lead"}


def books(folder: ReportFolder, values: Values) -> Html:
    """Contest against baselines, or the accounts of a backtest side by side."""
    entries = folder.report.books
    kind = folder.report.kind
    leader = LEADERS[kind] if any(book.sharpe_minus_contest for book in entries) else None
    shown = [column for column in _COLUMNS if any(column[0] in book.measures for book in entries)]
    sharpes = [book.measures["sharpe"] for book in entries if "sharpe" in book.measures]
    scale = WhiskerScale.over(
        [number for entry in sharpes for number in (entry.low, entry.value, entry.high)]
    )
    columns = [Column("Book", "text")]
    for name, label, unit in shown:
        columns.append(Column(label, unit=unit))
        if name == "sharpe":
            columns.append(Column(tag("span", "Sharpe, drawn", class_="hidden"), "draw", unit=scale.axis()))
            columns += [Column(leader, unit="by Sharpe")] if leader else []
    rows = [
        _row(i, book, [name for name, _, _ in shown], values, scale, leader is not None)
        for i, book in enumerate(entries)
    ]
    title = TITLES[kind]
    lead = "Small figures are 95% intervals."
    if kind in ("contest", "backtest") and len(entries) > 1:
        lead = f"Every book trades the same bars at the same costs. {lead}"
    random = folder.report.random
    if random is not None:
        rows.append(_random_row(random, [name for name, _, _ in shown], values, scale, leader is not None))
        lead += f" Random schedules: the median and 90% range of {random.count} that hold and trade as much."
    classes = [book.role for book in entries] + (["control"] if random is not None else [])
    body = table(columns, rows, caption=title, row_classes=classes, class_="books")
    return section("headline", title, body, lead=lead)


def _row(
    index: int, book: BookEntry, names: list[str], values: Values, scale: WhiskerScale, leads: bool
) -> list[object]:
    cells: list[object] = [_title(book)]
    for name in names:
        entry = book.measures.get(name)
        pointer = f"/books/{index}/measures/{name}"
        cells.append("" if entry is None else values.measure(pointer, MEASURE_UNITS[name]))
        if name == "sharpe":
            cells.append("" if entry is None else scale.cell(entry.value, entry.low, entry.high))
            cells += [_gap(index, book, values)] if leads else []
    return cells


def _random_row(
    random: RandomEntry, names: list[str], values: Values, scale: WhiskerScale, leads: bool
) -> list[object]:
    """Quantiles of random schedules that hold and trade as much as the account."""
    cells: list[object] = [Cell("Random schedules")]
    for name in names:
        entry, pointer = random.measures.get(name), f"/random/measures/{name}"
        ranged = name in _RANGED
        cells.append("" if entry is None else values.measure(pointer, MEASURE_UNITS[name], interval=ranged))
        if name == "sharpe":
            cells.append("" if entry is None else scale.cell(entry.value, entry.low, entry.high))
            cells += [""] if leads else []
    return cells


def _title(book: BookEntry) -> Cell:
    return Cell(book.label)


def _gap(index: int, book: BookEntry, values: Values) -> object:
    if book.sharpe_minus_contest is None:
        return ""
    gap = book.sharpe_minus_contest
    return values.measure(f"/books/{index}/sharpe_minus_contest", lead_unit(gap.low, gap.high))
