"""What an event file says about itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from quantrl import _core


@dataclass(frozen=True)
class EventInstrument:
    """One row of a file's instrument table. Ticks of the Python API are absolute: `base_tick` is added already."""

    symbol: str
    tick_size: Fraction
    lot_size: Fraction
    multiplier: Fraction
    step: int
    base_tick: int
    max_live: int
    inverse: bool


@dataclass(frozen=True)
class FileInfo:
    """Header of an event file.

    `level` is 1 for best quotes, 2 for levels, 3 for orders; times are ns UTC, 0 without events; `recv_unit_ns` is the
    grain of receive times.
    """

    level: int
    events: int
    first_ts_ns: int
    last_ts_ns: int
    recv_unit_ns: int
    checkpoint_every: int
    checkpoints: int
    keeps_ids: bool
    sha256: str
    instruments: tuple[EventInstrument, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values; sizes as text such as ``1/100``."""
        rows = [
            {
                name: str(value) if isinstance(value, Fraction) else value
                for name, value in asdict(row).items()
            }
            for row in self.instruments
        ]
        return {**asdict(self), "instruments": rows}


def read_info(core: _core.EventFile) -> FileInfo:
    """From an open file."""
    return FileInfo(**core.header(), instruments=tuple(_instrument(row) for row in core.instruments()))


def _instrument(row: dict[str, Any]) -> EventInstrument:
    sizes = {name: Fraction(*row[name]) for name in ("tick_size", "lot_size", "multiplier")}
    return EventInstrument(**{**row, **sizes})
