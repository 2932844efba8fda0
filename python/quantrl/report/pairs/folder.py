"""The run folder of a pair, opened for its page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from quantrl.errors import DataError, RunError
from quantrl.typing import JsonObject

PAIR = "pair"
_KEYS = (
    "name", "run", "command", "venue", "policy", "pair", "instruments", "start", "end", "decisions", "fills", "capital",
    "equity", "seed", "measures", "flags", "trials", "versions",
)  # fmt: skip
_FRAME = "decisions.parquet"
_COLUMNS = ("time", "target", "equity")


@dataclass(frozen=True)
class PairFolder:
    """``report.json``, and the decisions beside it.

    Raises
    ------
    DataError
        ``report.json`` lacks a key, or the decisions a column.
    RunError
        There are no decisions.
    """

    path: Path
    raw: JsonObject

    def __post_init__(self) -> None:
        for key in _KEYS:
            if key not in self.raw:
                raise DataError(f"{self.path / 'report.json'}: {key}: expected, not there")

    def decisions(self) -> pl.DataFrame:
        """A row a decision."""
        path = self.path / _FRAME
        if not path.is_file():
            raise RunError(f"{path}: no such file")
        try:
            frame = pl.read_parquet(path)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise DataError(f"{path}: not readable as Parquet: {str(error).splitlines()[0]}") from None
        for column in _COLUMNS:
            if column not in frame.columns:
                raise DataError(f"{path}: expected a column {column!r}")
        return frame
