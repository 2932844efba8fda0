"""Parquet files: numbers, dates or zoned times; a null is missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from quantrl.data.grid import Grid, check_size, read_grid
from quantrl.data.layout import Layout, check_header, detect
from quantrl.data.origin import Origin
from quantrl.data.sources import Request
from quantrl.data.sources._decoder import decode, decoder, look
from quantrl.data.sources._edge import check_file, edge
from quantrl.errors import DataError

SUFFIXES = (".parquet", ".pq")
SUMMARY = "Apache Parquet, long or wide"
_MAGIC = b"PAR1"


def read(file: Path, how: Request) -> Grid:
    """Read a Parquet file; rows are numbered from 1.

    Limits are checked on the metadata, before any column is decoded. A file that is not trusted is decoded in a
    process of its own first, see `quantrl.data.sources._decoder`.

    Raises
    ------
    DataError
        One line naming the file: over the limits, damaged, or a column that holds no numbers.
    """
    name, head = check_file(file)
    if not head.startswith(_MAGIC):
        raise DataError(f"{name}: is not a Parquet file (it does not start with {_MAGIC.decode()})")
    path = str(file.absolute())
    with edge(name):
        names, n_rows = look(path) if how.trusted else decoder.look(file)
        check_header(names, name)
        layout = detect(names, name, layout=how.layout, columns=how.columns)
        wanted = _wanted(layout)
        check_size(name, n_rows, n_rows * len(wanted))
        if not how.trusted:
            decoder.attempt(file, wanted)
        frame = decode(path, wanted)
        if frame.height != n_rows:
            raise DataError(f"{name}: its metadata say {n_rows} rows, it has {frame.height}")
        return read_grid(frame, Origin(name, "row", np.arange(1, n_rows + 1)), layout, how.options)


def _wanted(layout: Layout) -> list[str]:
    named = (layout.time, layout.symbol, layout.available_at, *layout.data.values())
    return [column for column in named if column is not None]
