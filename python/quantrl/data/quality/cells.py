"""Checks on single cells: Q03 infinity, Q04 price, Q05 high and low, Q06 volume, Q07 available_at."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from quantrl.data.layout import PRICES
from quantrl.data.quality.report import Finding, finding
from quantrl.typing import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from quantrl.data.grid import Grid

_ROUNDING = 1e-9


def infinite(grid: Grid) -> list[Finding]:
    """Q03: an infinite cell."""
    return [
        found
        for name, values in grid.columns.items()
        for found in located("Q03", grid, np.isinf(values), name, values)
    ]


def prices(grid: Grid) -> list[Finding]:
    """Q04: a price of zero or less."""
    return [
        found
        for name, values in grid.columns.items()
        if name in PRICES
        for found in located("Q04", grid, values <= 0, name, values)
    ]


def containment(grid: Grid) -> list[Finding]:
    """Q05: open or close outside [low, high], but for rounding."""
    findings = []
    for bound, side in (("high", 1.0), ("low", -1.0)):
        if bound in grid.columns:
            edge = grid.columns[bound]
            room = _ROUNDING * np.abs(edge)
            outside = np.zeros(edge.shape, dtype=np.bool_)
            for name in ("open", "close", "low" if bound == "high" else ""):
                if name in grid.columns:
                    outside |= side * (grid.columns[name] - edge) > room
            findings += located("Q05", grid, outside, bound, edge)
    return findings


def volumes(grid: Grid) -> list[Finding]:
    """Q06: a negative volume or amount."""
    return [
        found
        for name in ("volume", "amount")
        if name in grid.columns
        for found in located("Q06", grid, grid.columns[name] < 0, name, grid.columns[name])
    ]


def arrivals(grid: Grid) -> list[Finding]:
    """Q07: a value known before its bar ended."""
    findings: dict[str, Finding] = {}
    for name in sorted(grid.available_at):
        early = grid.available_at[name] < (
            grid.time if grid.available_at[name].ndim == 1 else grid.time[:, None]
        )
        if name in grid.masks or not early.any():
            continue
        rows = early[:, None] if early.ndim == 1 else early
        for found in located("Q07", grid, np.broadcast_to(rows, _shape(grid)), "available_at", None):
            findings.setdefault(found.instrument, found)
    return list(findings.values())


CHECKS: tuple[Callable[[Grid], list[Finding]], ...] = (infinite, prices, containment, volumes, arrivals)


def located(code: str, grid: Grid, bad: BoolArray, column: str, values: FloatArray | None) -> list[Finding]:
    """One finding an instrument, with file rows and the first bad value as an example."""
    findings = []
    for n in np.flatnonzero(bad.any(axis=0)):
        bars = np.flatnonzero(bad[:, n])
        name = grid.instruments[n]
        findings.append(
            finding(
                code,
                rows_of(grid, bars, int(n)),
                column=name if grid.by_instrument else column,
                instrument="" if grid.by_instrument else name,
                example="" if values is None else float(values[bars[0], n]),
            )
        )
    return findings


def rows_of(grid: Grid, bars: IntArray, n: int) -> IntArray:
    """File rows of some bars of an instrument."""
    rows: IntArray = grid.rows[bars, n if grid.rows.shape[1] > 1 else 0]
    return rows


def _shape(grid: Grid) -> tuple[int, int]:
    return len(grid.time), len(grid.instruments)
