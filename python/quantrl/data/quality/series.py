"""Checks along one instrument: Q10 jumps, Q12 last bar, Q13 stale, Q14 constant volume, Q15 flat bars."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from quantrl.data.quality.cells import rows_of
from quantrl.data.quality.report import Finding, finding
from quantrl.typing import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from quantrl.data.grid import Grid

SPLIT_RATIOS = (2.0, 3.0, 4.0, 5.0, 10.0, 1.5)
STALE_BARS = 5
_ENOUGH = 10
_SMALLEST_TOLERANCE, _LARGEST_TOLERANCE = 0.02, 0.10
_THIN = 0.2


def jumps(grid: Grid) -> list[Finding]:
    """Q10: a close that jumps by about 2, 3, 4, 5, 10 or 3:2, or the inverse.

    About means within 5 ordinary moves of the ratio in logs (the median absolute one times 1.4826), but at
    least 2 % and at most 10 %; the jump itself must be at least as large as 5 ordinary moves.
    """
    if "close" not in grid.columns:
        return []
    findings = []
    logs = np.log(np.array(SPLIT_RATIOS))
    for n, name in enumerate(grid.instruments):
        bars, close = _known(grid.columns["close"][:, n])
        if len(close) < 2:
            continue
        moves = np.diff(np.log(close))
        ordinary = 5 * 1.4826 * float(np.median(np.abs(moves)))
        tolerance = min(max(ordinary, _SMALLEST_TOLERANCE), _LARGEST_TOLERANCE)
        distance = np.abs(np.abs(moves)[:, None] - logs).min(axis=1)
        found = np.flatnonzero((distance <= tolerance) & (np.abs(moves) >= ordinary))
        if found.size:
            change = f"{(close[found[0] + 1] / close[found[0]] - 1) * 100:+.1f} %"
            findings.append(
                finding("Q10", rows_of(grid, bars[found + 1], n), instrument=name, example=change)
            )
    return findings


def last_bar(grid: Grid) -> list[Finding]:
    """Q12: the last bar lacks names that traded on the one before, or has less than a fifth of the volume."""
    if len(grid.time) < 2 or "close" not in grid.columns:
        return []
    known = ~np.isnan(grid.columns["close"])
    gone = known[-2] & ~known[-1]
    last = int(grid.rows[-1].max())
    if known[-1].any() and gone.any():
        names = [grid.instruments[n] for n in np.flatnonzero(gone)]
        return [
            finding(
                "Q12", last, instrument=names[0] if len(names) == 1 else "", example=f"missing {names[0]}"
            )
        ]
    volume = grid.columns.get("volume")
    if volume is None or len(volume) <= _ENOUGH:
        return []
    shares = []
    for n in np.flatnonzero(~np.isnan(volume[-1])):
        before = volume[-2 * _ENOUGH - 1 : -1, n]
        before = before[~np.isnan(before)]
        if before.size and np.median(before) > 0:
            shares.append(float(volume[-1, n] / np.median(before)))
    if shares and max(shares) < _THIN:
        return [finding("Q12", last, column="volume", example=f"{max(shares):.0%} of the usual volume")]
    return []


def stale(grid: Grid) -> list[Finding]:
    """Q13: five or more bars in a row that are one price, or the bar before again: its close, and open, high and low too."""
    if "close" not in grid.columns:
        return []
    close = grid.columns["close"]
    repeats = close[1:] == close[:-1]
    for name in ("open", "high", "low"):
        if name in grid.columns:
            column = grid.columns[name]
            repeats &= (column[1:] == close[1:]) | (column[1:] == column[:-1])
    if "tradable" in grid.masks:  # a halted name may keep its price: that is Q18
        repeats &= grid.masks["tradable"][1:]
    findings = []
    for n, name in enumerate(grid.instruments):
        starts, lengths = _runs(repeats[:, n])
        long = lengths >= STALE_BARS - 1
        if long.any():
            at = rows_of(grid, starts[long], n)
            example = f"{int(lengths[long].max()) + 1} bars at most"
            findings.append(finding("Q13", at, instrument=name, example=example))
    return findings


def constant_volume(grid: Grid) -> list[Finding]:
    """Q14: one and the same volume on every bar."""
    if "volume" not in grid.columns:
        return []
    findings = []
    for n, name in enumerate(grid.instruments):
        volume = grid.columns["volume"][:, n]
        bars = np.flatnonzero(~np.isnan(volume))
        if len(bars) >= _ENOUGH and (volume[bars] == volume[bars[0]]).all():
            rows = rows_of(grid, bars[:1], n)
            findings.append(finding("Q14", rows, instrument=name, example=float(volume[bars[0]])))
    return findings


def flat_bars(grid: Grid) -> list[Finding]:
    """Q15: every bar has one price. Panels of closes only have no open and are not concerned."""
    if "close" not in grid.columns or "open" not in grid.columns:
        return []
    names = [name for name in ("open", "high", "low") if name in grid.columns]
    close = grid.columns["close"]
    differs = np.zeros(close.shape, dtype=np.bool_)
    for name in names:
        values = grid.columns[name]
        differs |= (values != close) & ~np.isnan(values) & ~np.isnan(close)
    findings = []
    for n, instrument in enumerate(grid.instruments):
        bars = np.flatnonzero(~np.isnan(close[:, n]))
        if len(bars) >= _ENOUGH and not differs[:, n].any():
            findings.append(finding("Q15", rows_of(grid, bars[:1], n), instrument=instrument))
    return findings


CHECKS: tuple[Callable[[Grid], list[Finding]], ...] = (jumps, last_bar, stale, constant_volume, flat_bars)


def _known(close: FloatArray) -> tuple[IntArray, FloatArray]:
    bars = np.flatnonzero(close > 0)
    return bars, close[bars]


def _runs(flags: BoolArray) -> tuple[IntArray, IntArray]:
    """First positions and lengths of the runs of True."""
    edges = np.diff(np.concatenate(([0], flags.astype(np.int8), [0])))
    starts = np.flatnonzero(edges == 1)
    return starts, np.flatnonzero(edges == -1) - starts
