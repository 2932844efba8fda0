"""CSV files: UTF-8, comma, a header on line 1; ISO dates; an empty cell is missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from quantrl.data.grid import Grid, read_grid
from quantrl.data.layout import check_header, detect
from quantrl.data.origin import Origin
from quantrl.data.sources import Request
from quantrl.data.sources._edge import check_file, check_not_packed, edge
from quantrl.data.sources._lines import check_fields, check_text, header
from quantrl.errors import DataError

SUFFIXES = (".csv",)
SUMMARY = "comma-separated text, long or wide"


def read(file: Path, how: Request) -> Grid:
    """Read a CSV file; rows are numbered as lines of the file, of which the header is line 1.

    Raises
    ------
    DataError
        One line naming file, line and column: over the limits, not text, ragged, or a cell that cannot be
        read.
    """
    name, head = check_file(file)
    check_not_packed(name, head)
    with edge(name):
        check_text(file, name)
        names = header(file, name)
        check_header(names, name)
        check_fields(file, name, len(names))
        layout = detect(names, name, layout=how.layout, columns=how.columns)
        frame = _cells(file, name, names)
        lines = np.arange(2, frame.height + 2)
        blank = frame.select(pl.all_horizontal(pl.all().is_null())).to_series().to_numpy()
        return read_grid(frame.filter(~blank), Origin(name, "line", lines[~blank]), layout, how.options)


def _cells(file: Path, name: str, names: list[str]) -> pl.DataFrame:
    """All cells as text, empty ones null."""
    frame = pl.read_csv(file.absolute(), infer_schema=False, glob=False)
    if frame.width != len(names):
        raise DataError(f"{name}: expected {len(names)} columns, got {frame.width}")
    frame.columns = names
    return frame
