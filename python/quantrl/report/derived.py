"""Every number of a page that is made of the frames of a run, by the name the page marks it with."""

from __future__ import annotations

import math

import polars as pl

from quantrl.report.drawdowns import Spell, worst_spells
from quantrl.report.periods import month_table
from quantrl.report.trading import trading_years
from quantrl.typing import FloatArray, IntArray
from quantrl.units import NS_PER_DAY


def derived_numbers(time_ns: IntArray, equity: FloatArray, fills: pl.DataFrame) -> dict[str, float]:
    """What ``report.json`` holds beside the frames, so that whoever reads it need not compute anything.

    Parameters
    ----------
    time_ns, equity : (T,)
        Bar ends, and the equity of the book the page is about.
    fills : frame
        Its fills.
    """
    found: dict[str, float] = {}
    months = month_table(time_ns, equity)
    for i, year in enumerate(months.years):
        found |= {f"months/{year}/{m + 1}": float(months.months[i, m]) for m in range(12)}
        found[f"years/{year}"] = float(months.totals[i])
    for rank, spell in enumerate(worst_spells(equity), 1):
        found |= {f"drawdowns/{rank}/{key}": value for key, value in spell_numbers(spell, time_ns).items()}
    years = trading_years(time_ns, equity, fills)
    for i, year in enumerate(years.years):
        columns = ("fills", "cost", "cost_bps", "turnover")
        found |= {f"trading/{year}/{key}": float(getattr(years, key)[i]) for key in columns}
    return {name: value for name, value in found.items() if not math.isnan(value)}


def spell_numbers(spell: Spell, time_ns: IntArray) -> dict[str, float]:
    """Depth, and calendar days from the peak to the low and to the recovery, or to the end without one."""
    end = spell.recovered if spell.recovered is not None else len(time_ns) - 1

    def days(until: int) -> int:
        return int(time_ns[until] // NS_PER_DAY - time_ns[spell.peak] // NS_PER_DAY)

    return {"depth": spell.depth, "to_trough": days(spell.trough), "under_water": days(end)}
