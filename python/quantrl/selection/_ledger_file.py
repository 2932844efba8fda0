"""The ledger as a Parquet file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantrl.errors import LedgerError
from quantrl.selection._ledger_rows import COLUMNS
from quantrl.selection._ledger_view import ROW

MAX_ROWS = 50_000_000
_NAMES = ("agent", "family")


def rows_frame(rows: NDArray[Any], agents: Sequence[str], families: Sequence[str]) -> pl.DataFrame:
    """Rows as a frame with the ledger's columns, names in place of numbers."""
    columns: dict[str, pl.Series] = {}
    for name in ROW.names or ():
        if name == "corrects":
            continue
        values = np.ascontiguousarray(rows[name])
        if name in _NAMES:
            names = agents if name == "agent" else families
            labels = pl.Series(name, list(names), dtype=pl.String)
            columns[name] = labels.gather(values.astype(np.int64)) if len(labels) else labels
        else:
            columns[name] = pl.Series(name, values)
    return pl.DataFrame(columns)


def read_rows(file: Path) -> dict[str, NDArray[Any]]:
    """Columns of a ledger file, not yet checked row by row.

    Raises
    ------
    LedgerError
        No such file, not Parquet, too many rows, or a missing or unknown column.
    """
    if not file.is_file():
        raise LedgerError(f"{file}: no such ledger file")
    try:
        schema = pl.read_parquet_schema(file)
        missing = [name for name in COLUMNS if name not in schema]
        unknown = [name for name in schema if name not in COLUMNS]
        if missing or unknown:
            raise LedgerError(f"{file}: missing columns {missing}, unknown columns {unknown}")
        if int(pl.scan_parquet(file).select(pl.len()).collect().item()) > MAX_ROWS:
            raise LedgerError(f"{file}: more than {MAX_ROWS} rows")
        frame = pl.read_parquet(file, columns=list(COLUMNS))
    except LedgerError:
        raise
    except (Exception, pl.exceptions.PanicException) as error:
        reason = str(error).splitlines() or [type(error).__name__]
        raise LedgerError(f"{file}: cannot be read as Parquet: {reason[0]}") from None
    return {name: _column(file, frame[name]) for name in COLUMNS}


def _column(file: Path, values: pl.Series) -> NDArray[Any]:
    if values.null_count():
        raise LedgerError(f"{file}: column {values.name!r} has {values.null_count()} empty cells")
    if values.dtype == pl.String:
        return np.array(values.to_list(), dtype=object)
    return values.to_numpy()
