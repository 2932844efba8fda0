"""A panel as a file that gives the same panel again."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import polars as pl

from quantrl.data.derive import grid_of
from quantrl.data.panel import Panel
from quantrl.data.quality import check_grid
from quantrl.errors import ConfigError, DataError
from quantrl.typing import IntArray

SUFFIXES = (".parquet", ".csv")


def write(panel: Panel, path: str | Path) -> Path:
    """Write a panel in long form: a row for every bar and instrument, times in UTC.

    Parameters
    ----------
    panel : Panel
    path : path
        A new file that ends in ``.parquet`` or ``.csv``.

    Returns
    -------
    Path

    Raises
    ------
    DataError
        The file exists or cannot be written; the panel has an error of quality, columns that became known at different
        times, or something else that `read` would not give back: nothing is left of the file then.
    ConfigError
        Another suffix.
    """
    target = Path(path)
    if target.suffix.lower() not in SUFFIXES:
        raise ConfigError(f"{target}: expected a name ending in {' or '.join(SUFFIXES)}")
    if target.exists():
        raise DataError(f"{target}: exists and is not overwritten")
    check_grid(grid_of(panel)).raise_if_errors()
    frame = _with_arrival(panel.frame(), panel)
    aside = target.with_name(f".{target.name}.{os.getpid()}.partial{target.suffix.lower()}")
    try:
        if target.suffix.lower() == ".parquet":
            frame.write_parquet(aside)
        else:
            stamp = pl.selectors.datetime().dt.strftime("%Y-%m-%dT%H:%M:%S%.9fZ")
            frame.with_columns(stamp).write_csv(aside)
        _compare(panel, aside)
        aside.replace(target)
    except OSError as error:
        raise DataError(f"{target}: cannot be written: {error.strerror}") from None
    finally:
        aside.unlink(missing_ok=True)
    return target


def _with_arrival(frame: pl.DataFrame, panel: Panel) -> pl.DataFrame:
    """The frame with a column ``available_at`` where values became known later than their bar."""
    if not panel.late:
        return frame
    names = (*panel.columns, *panel.masks)
    shape = panel.shape
    times = [np.broadcast_to(_as_cells(panel.available_at(name)), shape) for name in names]
    if any((other != times[0]).any() for other in times[1:]):
        raise DataError(
            "available_at: columns became known at different times, for which a file has no place"
        )
    stamps = pl.Series("available_at", times[0].ravel()).cast(pl.Datetime("ns", "UTC"))
    return frame.with_columns(stamps)


def _as_cells(times: IntArray) -> IntArray:
    return times if times.ndim == 2 else times[:, None]


def _compare(panel: Panel, file: Path) -> None:
    from quantrl.data._read import read

    again = read(file, name=panel.name, periods_per_year=panel.periods_per_year)
    if again.id != panel.id:
        lost = [
            what
            for what, kept in (
                ("times", np.array_equal(again.time, panel.time)),
                ("instruments", again.table == panel.table),
                ("columns", list(again.columns) == list(panel.columns)),
                ("masks", list(again.masks) == list(panel.masks)),
            )
            if not kept
        ]
        raise DataError(
            f"a file does not hold all of this panel: its {' and '.join(lost) or 'values'} would change"
        )
