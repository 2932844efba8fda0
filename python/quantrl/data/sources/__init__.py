"""Where panels come from: one module a file format, found by its ``SUFFIXES`` and imported only when needed.

A format module has ``SUFFIXES``, a ``SUMMARY`` and ``read(file, request) -> Grid``; `synthetic` generates
instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from quantrl import registry
from quantrl.data.clock import CloseTime
from quantrl.data.grid import Grid, ReadOptions, read_grid
from quantrl.data.layout import LayoutName, detect
from quantrl.data.origin import Origin
from quantrl.data.quality import check_grid
from quantrl.data.sources._edge import edge
from quantrl.errors import ConfigError, DataError

if TYPE_CHECKING:
    from quantrl.data.panel import Panel

PACKAGE = "quantrl.data.sources"


@dataclass(frozen=True)
class Request:
    """How a file is to be read.

    Parameters
    ----------
    layout : {'auto', 'long', 'wide'}
        See `quantrl.data.layout.detect`.
    columns : tuple of str, optional
        Keep only these.
    options : ReadOptions
        How its times are understood.
    trusted : bool
        The file is known to be whole, by its hash: no precautions against a decoder that aborts.
    """

    layout: LayoutName = "auto"
    columns: tuple[str, ...] | None = None
    options: ReadOptions = ReadOptions()  # noqa: RUF009 - frozen
    trusted: bool = False


def request(
    layout: LayoutName = "auto",
    columns: Iterable[str] | None = None,
    close_time: str | None = None,
    time_zone: str | None = None,
    *,
    calendar: str | None = None,
    nan_is_missing: bool = False,
    trusted: bool = False,
) -> Request:
    """A `Request` from plain values.

    Raises
    ------
    ConfigError
        A layout, close time or zone that does not exist.
    """
    if layout not in ("auto", "long", "wide"):
        raise ConfigError(f"expected layout to be one of auto, long, wide, got {layout!r}")
    close = None if close_time is None else CloseTime.parse(close_time)
    chosen = None if columns is None else tuple(columns)
    return Request(layout, chosen, ReadOptions(close, time_zone, nan_is_missing, calendar), trusted)


def file_grid(path: str | Path, how: Request, *, format_name: str | None = None) -> Grid:
    """Read a file with the source of its suffix, or the one named.

    Raises
    ------
    DataError
        Nothing reads this suffix, or the file cannot be read.
    """
    file = Path(path)
    module = registry.load(PACKAGE, format_name) if format_name else _by_suffix(file)
    grid: Grid = module.read(file, how)
    return grid


def frame_grid(
    frame: pl.DataFrame,
    *,
    layout: LayoutName = "auto",
    close_time: str | None = None,
    time_zone: str | None = None,
    calendar: str | None = None,
) -> Grid:
    """A frame in memory as a grid; NaN in it means missing.

    Raises
    ------
    DataError
        Cells or columns that cannot be used.
    """
    how = request(layout, None, close_time, time_zone, calendar=calendar, nan_is_missing=True)
    origin = Origin("frame", "row", np.arange(1, frame.height + 1))
    with edge("frame"):
        return read_grid(frame, origin, detect(frame.columns, "frame", layout=layout), how.options)


def grid_panel(grid: Grid, settings: Mapping[str, Any]) -> Panel:
    """A panel from a grid without errors.

    Raises
    ------
    DataError
        The first error in the file.
    """
    from quantrl.data.panel import Panel

    check_grid(grid).raise_if_errors()
    merged = {"source": grid.source, "adjust": grid.adjust, **settings}
    merged["flags"] = (*grid.flags, *merged.get("flags", ()))
    return Panel(
        grid.columns, grid.time, grid.instruments, masks=grid.masks, available_at=grid.available_at, **merged
    )


@cache
def formats() -> dict[str, str]:
    """File suffix to the name of the source that reads it."""
    return {
        suffix: name
        for name in registry.members(PACKAGE)
        for suffix in getattr(registry.load(PACKAGE, name), "SUFFIXES", ())
    }


def _by_suffix(file: Path) -> Any:
    known = formats()
    name = known.get(file.suffix.lower())
    if name is None:
        raise DataError(f"{file}: expected a file ending in {', '.join(sorted(known))}")
    return registry.load(PACKAGE, name)
