"""The run folder of a sweep, opened for its page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from quantrl.errors import DataError
from quantrl.typing import JsonObject

SWEEP = "sweep"
_KEYS = (
    "name", "run", "command", "family", "instruments", "grid", "members", "left_out", "start", "end", "bars", "measure",
    "min_trades", "fill", "costs", "initial_cash", "periods_per_year", "flags", "seed", "trials", "sd_sharpe", "best", "top",
    "heatmap", "pbo", "versions",
)  # fmt: skip


@dataclass(frozen=True)
class SweepFolder:
    """``report.json`` of a sweep; every number of its page is in there.

    Raises
    ------
    DataError
        ``report.json`` lacks a key.
    """

    path: Path
    raw: JsonObject

    def __post_init__(self) -> None:
        for key in _KEYS:
            if key not in self.raw:
                raise DataError(f"{self.path / 'report.json'}: {key}: expected, not there")
