"""Checks on names and events: Q09 dividends twice, Q11 no bar, Q16 survivors, Q17 late members, Q18 halts and limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from quantrl.data.quality.cells import rows_of
from quantrl.data.quality.report import Finding, finding
from quantrl.units import NS_PER_DAY

if TYPE_CHECKING:
    from quantrl.data.grid import Grid

_MIN_NAMES, _MIN_DAYS, _LAST_BARS = 5, 365, 5


def dividends_twice(grid: Grid) -> list[Finding]:
    """Q09: prices that contain dividends, beside a column of dividends."""
    dividend = grid.columns.get("dividend")
    if grid.adjust != "total" or dividend is None:
        return []
    findings = []
    for n in np.flatnonzero((dividend > 0).any(axis=0)):
        bars = np.flatnonzero(dividend[:, n] > 0)
        rows, name = rows_of(grid, bars, int(n)), grid.instruments[n]
        findings.append(
            finding("Q09", rows, column="dividend", instrument=name, example=float(dividend[bars[0], n]))
        )
    return findings


def survivors(grid: Grid) -> list[Finding]:
    """Q16: of five names or more over a year or more, all still trade in the last five bars."""
    if "close" not in grid.columns or len(grid.instruments) < _MIN_NAMES:
        return []
    span = int(grid.time[-1]) - int(grid.time[0])
    alive = (~np.isnan(grid.columns["close"][-_LAST_BARS:])).any(axis=0)
    if span < _MIN_DAYS * NS_PER_DAY or not alive.all():
        return []
    return [finding("Q16", example=f"{len(grid.instruments)} of {len(grid.instruments)} names")]


def late_members(grid: Grid) -> list[Finding]:
    """Q17: a member list that became known after the bars it is used on."""
    at = grid.available_at.get("member")
    if at is None or "member" not in grid.masks:
        return []
    late = at > (grid.time if at.ndim == 1 else grid.time[:, None])
    late = np.broadcast_to(late[:, None] if late.ndim == 1 else late, grid.masks["member"].shape)
    used = late & grid.masks["member"]
    bars = np.flatnonzero(used.any(axis=1))
    if not bars.size:
        return []
    return [finding("Q17", grid.rows[bars].max(axis=1), column="member", example=f"{len(bars)} bars")]


def events(grid: Grid) -> list[Finding]:
    """Q18: halted bars, names listed after the start or gone before the end, bars at a price limit."""
    if "close" not in grid.columns:
        return []
    known = ~np.isnan(grid.columns["close"])
    trades = known & grid.masks.get("tradable", known)
    no_buy = trades & ~grid.masks.get("can_buy", trades)
    no_sell = trades & ~grid.masks.get("can_sell", trades)
    findings = []
    for n, name in enumerate(grid.instruments):
        life = np.flatnonzero(known[:, n])
        if not life.size:
            findings.append(finding("Q18", instrument=name, message="no price at all"))
            continue
        first, last = int(life[0]), int(life[-1])
        halted = first + np.flatnonzero(~trades[first : last + 1, n])
        limit = np.flatnonzero(no_buy[:, n] | no_sell[:, n])
        said = [f"{len(halted)} halted bars"] * bool(halted.size) + [f"{len(limit)} limit bars"] * bool(
            limit.size
        )
        said += ["listed after the start"] * (first > 0)
        # a name that lacks the last bar only is the business of Q12
        said += ["gone before the end"] * (last < len(known) - 2)
        if said:
            bars = np.unique(np.concatenate((halted, limit)))
            # a halted bar may have no row of its own in the file: show those that have
            rows = rows_of(grid, bars, n)
            findings.append(finding("Q18", rows[rows > 0], instrument=name, message=", ".join(said)))
    return findings


def missing_sessions(grid: Grid) -> list[Finding]:
    """Q11: sessions between the first bar and the last in which no bar ended."""
    sessions = grid.sessions
    if sessions is None:
        return []
    between = (sessions.close >= grid.time[0]) & (sessions.close <= grid.time[-1])
    missing = np.flatnonzero(between & ~sessions.seen(grid.time))
    if not missing.size:
        return []
    after = np.searchsorted(grid.time, sessions.close[missing])
    said = f"{len(missing)} of {int(between.sum())} sessions of {sessions.name}"
    return [
        finding(
            "Q11", grid.rows[after].max(axis=1), example=f"{said}, the first {sessions.labels[missing[0]]}"
        )
    ]


CHECKS: tuple[Callable[[Grid], list[Finding]], ...] = (
    dividends_twice,
    missing_sessions,
    survivors,
    late_members,
    events,
)
