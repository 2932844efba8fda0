"""Returns by month and the worst drawdowns, both from the stored equity curve."""

from __future__ import annotations

import math

from quantrl.report.derived import spell_numbers
from quantrl.report.drawdowns import worst_spells
from quantrl.report.folder import ReportFolder
from quantrl.report.markup import Html
from quantrl.report.periods import month_table
from quantrl.report.sections import section
from quantrl.report.table import Cell, Column, table
from quantrl.report.values import derived
from quantrl.typing import FloatArray
from quantrl.units import iso_date

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FULL_TINT = 0.08


def months(folder: ReportFolder) -> Html:
    """Monthly returns of the book, tinted by size; the sign is in the number, not only in the colour."""
    made = month_table(folder.time, _curve(folder))
    columns = [Column("Year", "text"), *(Column(name) for name in MONTHS), Column("Year")]
    rows: list[list[object]] = []
    for i, year in enumerate(made.years):
        cells = [_tinted(float(made.months[i, m]), f"months/{year}/{m + 1}") for m in range(12)]
        rows.append([str(year), *cells, _tinted(float(made.totals[i]), f"years/{year}", strength=0.35)])
    lead = "Net of costs, in per cent. Blue is a gain, orange a loss; the tint is full at 8% a month."
    body = table(columns, rows, caption="Monthly returns in per cent", class_="months")
    return section("months", "Month by month", body, lead=lead)


def drawdowns(folder: ReportFolder) -> Html:
    """The ten deepest spells with their dates."""
    time = folder.time
    spells = worst_spells(_curve(folder))
    columns = [
        Column("Rank", "text"),
        Column("Depth"),
        Column("Peak", "text"),
        Column("Lowest", "text"),
        Column("Recovered", "text"),
        Column("To the low", unit="days"),
        Column("Under water", unit="days"),
    ]
    rows: list[list[object]] = []
    for rank, spell in enumerate(spells, 1):
        back = "not yet" if spell.recovered is None else iso_date(int(time[spell.recovered]))
        key, numbers = f"drawdowns/{rank}", spell_numbers(spell, time)
        rows.append(
            [
                str(rank),
                derived(f"{key}/depth", numbers["depth"], "percent"),
                iso_date(int(time[spell.peak])),
                iso_date(int(time[spell.trough])),
                back,
                derived(f"{key}/to_trough", numbers["to_trough"], "count"),
                derived(f"{key}/under_water", numbers["under_water"], "count"),
            ]
        )
    body = table(columns, rows, caption="Worst drawdowns", class_="spells") if rows else ""
    return section(
        "drawdowns",
        "Worst drawdowns",
        body,
        lead="From the last high to the day that high was reached again.",
    )


def _tinted(value: float, name: str, strength: float = 1.0) -> Cell:
    if math.isnan(value):
        return Cell("")
    level = min(abs(value) / _FULL_TINT * strength, 1.0)
    side = "gain" if value >= 0 else "loss"
    number = derived(name, value, "points")
    return Cell(number, style=f"background:rgb(var(--{side}) / {0.75 * level:.2f})")


def _curve(folder: ReportFolder) -> FloatArray:
    curve = folder.book(folder.primary)
    assert curve is not None  # `folder.equity` refuses a file without it
    return curve
