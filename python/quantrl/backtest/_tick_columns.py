"""What sessions leave behind, as polars frames: numbers of the engine become names."""

from __future__ import annotations

from typing import Any

import polars as pl
from numpy.typing import NDArray

from quantrl import _core

TABLES: dict[str, list[str]] = _core.tick_tables()
_Columns = dict[str, NDArray[Any]]


def fill_frame(columns: _Columns) -> pl.DataFrame:
    """Executions."""
    return _named(columns, side="side", reason="reason")


def log_frame(columns: _Columns) -> pl.DataFrame:
    """Requests and reports."""
    return _named(columns, what="what", side="side", status="status", reason="reason")


def report_frame(columns: _Columns) -> pl.DataFrame:
    """Reports."""
    return _named(columns, side="side", outcome="outcome", reason="reason")


def order_frame(columns: _Columns) -> pl.DataFrame:
    """Own orders."""
    return _named(columns, side="side", status="status")


def equity_frame(columns: _Columns) -> pl.DataFrame:
    """Samples of the accounts; the mid and the equity are null where a side of the book is empty."""
    return pl.DataFrame(columns).with_columns(pl.col("mid_ticks", "equity").fill_nan(None))


def _named(columns: _Columns, **tables: str) -> pl.DataFrame:
    kinds = {
        table: pl.Enum([name for name in dict.fromkeys(TABLES[table]) if name]) for table in tables.values()
    }
    return pl.DataFrame(columns).with_columns(
        pl.col(column).replace_strict(_numbered(table), return_dtype=kinds[table])
        if len(columns[column])
        else pl.lit(None, kinds[table]).alias(column)
        for column, table in tables.items()
    )


def _numbered(table: str) -> dict[int, str]:
    return {number: name for number, name in enumerate(TABLES[table]) if name}
