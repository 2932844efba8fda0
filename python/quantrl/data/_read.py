"""From a file, a frame or a config to a panel or a quality report."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from quantrl.config import DataConfig
from quantrl.data.derive import grid_of
from quantrl.data.layout import LayoutName
from quantrl.data.panel import Panel
from quantrl.data.quality import QualityReport, check_grid
from quantrl.data.samples import load_sample
from quantrl.data.sources import file_grid, frame_grid, grid_panel, request
from quantrl.errors import ConfigError
from quantrl.units import ns_from_iso


def read(
    path: str | Path,
    *,
    layout: LayoutName = "auto",
    columns: Iterable[str] | None = None,
    close_time: str | None = None,
    time_zone: str | None = None,
    calendar: str | None = None,
    periods_per_year: float | None = None,
    name: str | None = None,
    source: str | None = None,
) -> Panel:
    """Read a panel from a file; its suffix says how.

    Parameters
    ----------
    path : str or Path
        Ends in ``.csv``, ``.parquet`` or ``.npz``.
    layout : {'auto', 'long', 'wide'}
        Whether a row is one instrument at one time or all of them; see `quantrl.data.layout.detect` for
        ``auto``.
    columns : iterable of str, optional
        Read only these, named as in the panel (wide files: instruments).
    close_time : str, optional
        When the bar of a bare date ends, such as ``16:00 America/New_York``; without it 23:59:59 UTC, and a
        flag.
    time_zone : str, optional
        Zone of times that name none; without it such times are an error (Q08).
    calendar : str, optional
        Exchange, such as ``XNYS``, whose sessions say when bars of bare dates end, half days too; instead of `close_time`.
        Needs ``quantrl[data]``.
    periods_per_year : float, optional
        For annualising.
    name : str, optional
        For reports; the file's name without suffix by default.
    source : str, optional
        Format, if the suffix does not say it: ``csv``, ``parquet`` or ``numpy``.

    Raises
    ------
    DataError
        One line naming file, row and column: missing, over the limits, damaged, or with a finding of severity
        error.
    ConfigError
        An option that makes no sense.
    """
    how = request(layout, columns, close_time, time_zone, calendar=calendar)
    grid = file_grid(path, how, format_name=source)
    label = Path(path).stem if name is None else name
    return grid_panel(grid, {"name": label, "periods_per_year": periods_per_year})


def read_csv(
    path: str | Path,
    *,
    layout: LayoutName = "auto",
    columns: Iterable[str] | None = None,
    close_time: str | None = None,
    time_zone: str | None = None,
    calendar: str | None = None,
    periods_per_year: float | None = None,
    name: str | None = None,
) -> Panel:
    """`read` for a CSV file, whatever its suffix."""
    return read(
        path, layout=layout, columns=columns, close_time=close_time, time_zone=time_zone, calendar=calendar,
        periods_per_year=periods_per_year, name=name, source="csv",
    )  # fmt: skip


def read_parquet(
    path: str | Path,
    *,
    layout: LayoutName = "auto",
    columns: Iterable[str] | None = None,
    close_time: str | None = None,
    time_zone: str | None = None,
    calendar: str | None = None,
    periods_per_year: float | None = None,
    name: str | None = None,
) -> Panel:
    """`read` for a Parquet file, whatever its suffix."""
    return read(
        path, layout=layout, columns=columns, close_time=close_time, time_zone=time_zone, calendar=calendar,
        periods_per_year=periods_per_year, name=name, source="parquet",
    )  # fmt: skip


def load(config: DataConfig) -> Panel:
    """The panel a config asks for.

    Raises
    ------
    ConfigError
        `close_time` or `calendar` beside a sample, which has its own times; `adjust` without an ``adj_close``; dates that
        are none.
    DataError
        The file cannot be used, or no bar lies between `start` and `end`.
    """
    if config.sample is not None:
        if config.close_time is not None:
            raise ConfigError(f"data.close_time: sample {config.sample!r} has its own; remove it")
        if config.calendar is not None:
            raise ConfigError(f"data.calendar: sample {config.sample!r} has its own times; remove it")
        panel = load_sample(config.sample)
    else:
        panel = read(str(config.path), close_time=config.close_time, calendar=config.calendar)
    if config.adjust == "total":
        if "adj_close" not in panel:
            raise ConfigError(f"data.adjust: 'total' needs a column 'adj_close'; {panel.name} has none")
        panel = panel.adjusted("adj_close")
    if config.periods_per_year is not None:
        panel = panel.with_settings(periods_per_year=config.periods_per_year)
    if config.start is None and config.end is None:
        return panel
    start = None if config.start is None else ns_from_iso(config.start)
    end = None if config.end is None else ns_from_iso(config.end, end_of_day=True)
    return panel.between(start, end)


def check_quality(
    data: Panel | pl.DataFrame | str | Path,
    *,
    layout: LayoutName = "auto",
    close_time: str | None = None,
    time_zone: str | None = None,
    calendar: str | None = None,
) -> QualityReport:
    """Judge a panel, a frame or a file by the codes of `quantrl.data.quality.report.CODES`.

    Parameters
    ----------
    data : Panel, polars.DataFrame, str or Path
        A panel has passed the errors already; a file or frame is judged as it is.
    layout, close_time, time_zone
        As in `read`; not for a panel.
    calendar : str, optional
        Exchange whose sessions are to be there (Q11); without it nobody knows which are missing.

    Returns
    -------
    QualityReport

    Raises
    ------
    DataError
        The file cannot be read at all, or a cell of it is not a number or time.
    """
    if isinstance(data, Panel):
        return check_grid(grid_of(data).against(calendar))
    if isinstance(data, pl.DataFrame):
        grid = frame_grid(data, layout=layout, close_time=close_time, time_zone=time_zone, calendar=calendar)
        return check_grid(grid)
    return check_grid(file_grid(data, request(layout, None, close_time, time_zone, calendar=calendar)))
