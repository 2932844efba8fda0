"""The headline table and the leaderboard for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from quantrl.report.markup import printable
from quantrl.report.numbers import MEASURE_UNITS, UNDEFINED, lead_unit, show_number
from quantrl.report.parts import MeasureEntry
from quantrl.report.schema import BookEntry, LeaderEntry, check_report
from quantrl.report.sections.books import LEADERS, TITLES
from quantrl.typing import JsonObject

STATE_STYLES: dict[str, str] = {
    "active": "bold green",
    "rookie": "green",
    "probation": "yellow",
    "cut": "red",
    "candidate": "dim",
}
_EMPTY = ("", UNDEFINED)
Row = TypeVar("Row")


@dataclass(frozen=True)
class _Column(Generic[Row]):
    """A column; where the terminal is narrow, columns with the highest `rank` go first."""

    head: str
    cell: Callable[[Row], Text | str]
    rank: int = 0
    right: bool = True


def books_table(report: JsonObject, *, width: int | None = None) -> Table:
    """One row a book: return, risk, Sharpe ratio with its interval, the contest's lead, costs.

    Parameters
    ----------
    report : dict
        Contents of ``report.json``.
    width : int, optional
        Columns of the terminal; the least important ones are left out until the table fits.

    Raises
    ------
    DataError
        Something a table needs is missing.
    """
    checked = check_report(report)
    columns: list[_Column[BookEntry]] = [
        _Column("Book", lambda book: printable(book.label), right=False),
        _measure("cagr", "Return\n% a year", rank=1),
        _measure("vol", "Vol.\n% a year", rank=5),
        _measure("sharpe", "Sharpe\n95% interval"),
        _measure("max_drawdown", "Worst\ndrawdown %", rank=2),
        _measure("turnover", "Turnover\n× a year", rank=4),
        _measure("cost_bps_year", "Cost\nbp a year", rank=3),
    ]
    if any(book.sharpe_minus_contest for book in checked.books):
        columns.append(_Column(f"{LEADERS[checked.kind]}\nby Sharpe", _lead))
    styles = {"contest": "bold", "paper": "bold", "control": "dim"}
    return _fitted(
        TITLES[checked.kind], columns, checked.books, [styles.get(book.role) for book in checked.books], width
    )


def leaderboard_table(report: JsonObject, *, width: int | None = None) -> Table:
    """One row an agent, best place first: place, state, capital, Sharpe ratio, chance to be among the best.

    Parameters
    ----------
    report : dict
        Contents of ``report.json``.
    width : int, optional
        Columns of the terminal; the least important ones are left out until the table fits.

    Raises
    ------
    DataError
        Something a table needs is missing.
    """
    rows = sorted(check_report(report).leaderboard, key=lambda entry: entry.pos)
    columns: list[_Column[LeaderEntry]] = [
        _Column("#", lambda row: f"{row.pos}"),
        _Column("90%\nplaces", _places, rank=5),
        _Column("Agent", lambda row: printable(row.shown), right=False),
        _Column(
            "State", lambda row: Text(printable(row.state), STATE_STYLES.get(row.state, "")), right=False
        ),
        _Column("Capital\n%", lambda row: show_number(row.capital, "whole")),
        _Column("Sharpe\n95% interval", lambda row: _number(row.sharpe, "ratio", interval=True)),
        _Column("P(top K)\n%", lambda row: show_number(row.p_top_k, "whole"), rank=1),
        _Column("PSR", lambda row: show_number(row.psr, "ratio"), rank=3),
        _Column("DSR", lambda row: show_number(row.dsr, "ratio"), rank=2),
        _Column("Worst\ndrawdown %", lambda row: show_number(row.max_drawdown, "points"), rank=4),
        _Column("Turnover\n× a year", lambda row: show_number(row.turnover, "tenths"), rank=7),
        _Column("Cost\nbp a year", lambda row: show_number(row.cost_bps_year, "count"), rank=6),
    ]
    columns = [one for one in columns if not rows or any(str(one.cell(row)) not in _EMPTY for row in rows)]
    styles = ["bold" if (row.capital or 0) > 0 else None for row in rows]
    return _fitted("Leaderboard", columns, rows, styles, width)


def _fitted(
    title: str,
    columns: Sequence[_Column[Row]],
    rows: Sequence[Row],
    styles: Sequence[str | None],
    width: int | None,
) -> Table:
    console = Console(width=10_000, color_system=None, force_terminal=False)
    for keep in range(max(column.rank for column in columns), -1, -1):
        table = _built(title, [column for column in columns if column.rank <= keep], rows, styles)
        if width is None or Measurement.get(console, console.options, table).maximum <= width:
            break
    return table


def _built(
    title: str, columns: Sequence[_Column[Row]], rows: Sequence[Row], styles: Sequence[str | None]
) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column.head, justify="right" if column.right else "left", no_wrap=column.right)
    for row, style in zip(rows, styles, strict=True):
        cells = (column.cell(row) for column in columns)
        table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in cells), style=style)
    return table


def _measure(name: str, head: str, rank: int = 0) -> _Column[BookEntry]:
    def cell(book: BookEntry) -> str:
        entry = book.measures.get(name)
        return "" if entry is None else _number(entry, MEASURE_UNITS[name], interval=name == "sharpe")

    return _Column(head, cell, rank)


def _lead(book: BookEntry) -> str:
    gap = book.sharpe_minus_contest
    if gap is None:
        return ""
    entry = MeasureEntry(value=gap.value, low=gap.high, high=gap.low)
    return _number(entry, lead_unit(gap.low, gap.high), interval=True)


def _places(row: LeaderEntry) -> str:
    return "" if row.pos_low is None or row.pos_high is None else f"{row.pos_low:.0f} to {row.pos_high:.0f}"


def _number(entry: MeasureEntry, unit: str, *, interval: bool) -> str:
    shown = show_number(entry.value, unit)
    if not interval or entry.value is None or entry.low is None or entry.high is None:
        return shown
    return f"{shown} ({show_number(entry.low, unit)} to {show_number(entry.high, unit)})"
