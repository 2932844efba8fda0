"""What follows from the columns of a panel: masks, marks, returns, adjusted prices."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from quantrl.data.layout import PRICES
from quantrl.data.quality import cells
from quantrl.data.quality.report import QualityReport
from quantrl.data.sealed import frozen
from quantrl.errors import DataError
from quantrl.typing import BoolArray, FloatArray
from quantrl.units import iso_date

if TYPE_CHECKING:
    from quantrl.data.grid import Grid
    from quantrl.data.panel import Panel

_STRUCTURAL = (cells.infinite, cells.prices, cells.volumes, cells.arrivals)


def check(panel: Panel) -> None:
    """Refuse values no engine can work with: the errors Q03, Q04, Q06 and Q07.

    Raises
    ------
    DataError
        The first of them.
    """
    grid = grid_of(panel)
    findings = [found for check_cells in _STRUCTURAL for found in check_cells(grid)]
    QualityReport(tuple(findings), panel.name or panel.source).raise_if_errors()


def grid_of(panel: Panel) -> Grid:
    """The panel as `quality` sees it; rows are counted from 0."""
    from quantrl.data.grid import Grid

    rows = np.arange(panel.n_bars)[:, None]
    return Grid(
        panel.columns, panel.time, panel.instruments, panel.name or panel.source, rows, "row",
        panel.masks, panel.late, panel.flags, adjust=panel.adjust,
    )  # fmt: skip


def tradable(panel: Panel) -> BoolArray:
    """There is a close, and no mask forbids trading."""

    def build() -> BoolArray:
        known = ~np.isnan(panel["close"]) if "close" in panel else np.ones(panel.shape, dtype=np.bool_)
        return known & panel.masks["tradable"] if "tradable" in panel.masks else known

    return _kept_mask(panel, "tradable", build)


def side(panel: Panel, mask: str) -> BoolArray:
    """`tradable`, and the mask of one side."""
    if mask not in panel.masks:
        return panel.tradable
    return _kept_mask(panel, mask, lambda: panel.tradable & panel.masks[mask])


def member(panel: Panel) -> BoolArray:
    """In the universe."""
    if "member" in panel.masks:
        return panel.masks["member"]
    return _kept_mask(panel, "member", lambda: np.ones(panel.shape, dtype=np.bool_))


def marks(panel: Panel, column: str) -> FloatArray:
    """Last known values."""
    return _kept(panel, f"marks:{column}", lambda: fill_forward(panel[column]))


def total_return(panel: Panel) -> FloatArray:
    """Returns of a holder who reinvests; NaN on a name's first bar and where it has no close."""

    def build() -> FloatArray:
        if "preclose" in panel:
            ratio = panel["close"] / panel["preclose"] - 1
            first = np.isnan(np.vstack((np.full(panel.n_instruments, np.nan), panel.marks()[:-1])))
            return np.where(first, np.nan, ratio)
        if "adj_close" not in panel and panel.adjust != "total":
            raise DataError(
                "total_return: expected a column preclose or adj_close, or closes with adjust='total'"
            )
        column = "adj_close" if "adj_close" in panel else "close"
        before = np.vstack((np.full(panel.n_instruments, np.nan), panel.marks(column)[:-1]))
        change: FloatArray = panel[column] / before - 1
        return change

    return _kept(panel, "total_return", build)


def adjusted(panel: Panel, column: str) -> Panel:
    """Prices scaled by column / close."""
    factor = panel[column] / panel["close"]
    scaled = {
        name: values * factor if name in PRICES else values
        for name, values in panel.columns.items()
        if name not in (column, "preclose")
    }
    late = {key: at for key, at in panel.late.items() if key in scaled or key in panel.masks}
    return type(panel)(
        scaled, panel.time, panel.table, periods_per_year=panel.periods_per_year, available_at=late,
        masks=panel.masks, adjust="total", name=panel.name, source=panel.source,
        flags=(*panel.flags, f"prices scaled to {column}: levels know of later splits and dividends"),
    )  # fmt: skip


def fill_forward(values: FloatArray) -> FloatArray:
    """Every NaN of a (T, N) array replaced by the last value before it."""
    rows = np.where(np.isnan(values), -1, np.arange(len(values))[:, None])
    last = np.maximum.accumulate(rows, axis=0)
    filled = np.take_along_axis(values, np.maximum(last, 0), axis=0)
    return np.where(last < 0, np.nan, filled)


def day(ns: int | None) -> str:
    """Date for a message; an open end of a range is ``...``."""
    return "..." if ns is None else iso_date(ns)


def span(panel: Panel) -> str:
    """Range of a panel's bars, for a message."""
    return f"the data run from {iso_date(int(panel.time[0]))} to {iso_date(int(panel.time[-1]))}"


def _kept(panel: Panel, key: str, build: Callable[[], FloatArray]) -> FloatArray:
    if key not in panel._cache:
        panel._cache[key] = frozen(build(), np.float64)
    kept: FloatArray = panel._cache[key]
    return kept


def _kept_mask(panel: Panel, key: str, build: Callable[[], BoolArray]) -> BoolArray:
    if key not in panel._cache:
        panel._cache[key] = frozen(build(), np.bool_)
    kept: BoolArray = panel._cache[key]
    return kept
