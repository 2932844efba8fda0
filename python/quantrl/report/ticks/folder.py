"""A replay's run folder, opened for its page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from quantrl.errors import DataError, RunError
from quantrl.typing import JsonObject

KIND = "replay"
_KEYS = ("name", "run", "command", "policy", "params", "config", "file", "results", "versions")
_FRAMES = {
    "fills": ("ts_exch", "ts_local", "instr", "side", "tick", "qty"),
    "equity": ("ts", "instr", "position", "equity"),
    "touch": ("ts_ns", "bid_ticks", "ask_ticks"),
    "depth": ("ts_ns", "tick", "lots", "width"),
}


@dataclass(frozen=True)
class ReplayFolder:
    """``report.json`` and the frames beside it.

    Raises
    ------
    DataError
        ``report.json`` lacks a key, or a frame a column.
    RunError
        A frame is missing.
    """

    path: Path
    raw: JsonObject

    def __post_init__(self) -> None:
        for key in _KEYS:
            if key not in self.raw:
                raise DataError(f"{self.path / 'report.json'}: {key}: expected, not there")
        if not self.raw["results"]:
            raise DataError(f"{self.path / 'report.json'}: results: expected at least one, got none")

    @property
    def file(self) -> dict[str, Any]:
        """What is known of the event file."""
        return dict(self.raw["file"])

    def frame(self, name: str) -> pl.DataFrame:
        """One of fills, equity, touch, depth; of the instrument the page is about."""
        path = self.path / f"{name}.parquet"
        if not path.is_file():
            raise RunError(f"{path}: no such file")
        try:
            frame = pl.read_parquet(path)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise DataError(f"{path}: not readable as Parquet: {str(error).splitlines()[0]}") from None
        for column in _FRAMES[name]:
            if column not in frame.columns:
                raise DataError(f"{path}: expected a column {column!r}")
        return frame.filter(pl.col("instr") == self.file["instr"]) if "instr" in frame.columns else frame
