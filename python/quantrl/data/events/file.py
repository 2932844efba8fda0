"""Open event files."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import polars as pl
from numpy.typing import NDArray

from quantrl import _core
from quantrl.data.events.check import EventCheck, judge
from quantrl.data.events.facts import StylisedFacts
from quantrl.data.events.info import EventInstrument, FileInfo, read_info
from quantrl.data.events.replay import EventReplay
from quantrl.errors import ConfigError, DataError

_kinds, _flags = _core.events_tables()
#: Names of event kinds by number; 0 is none.
KINDS: tuple[str, ...] = tuple(_kinds)
#: Bits of the `flags` column by name.
FLAGS: Mapping[str, int] = MappingProxyType(dict(_flags))


class EventFile:
    """An event file, read into memory below 64 MiB and mapped above.

    Parameters
    ----------
    path : path-like
    verify : bool
        Check the hash and every event, one pass. Replay is safe without, but what is read may be damaged.
    access : {"auto", "read", "map"}
        A mapped file that another process truncates ends this process.

    Raises
    ------
    DataError
        No such file, or the first thing that is wrong with it: file, event, field, expected, got.
    ConfigError
        An unknown `access`.
    """

    def __init__(self, path: str | os.PathLike[str], *, verify: bool = True, access: str = "auto") -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise DataError(f"{self.path}: no such file")
        self._core = _core.EventFile(self.path, access=access, verify=verify)

    @classmethod
    def _of(cls, core: _core.EventFile, name: str) -> EventFile:
        """One that is in memory already."""
        made = object.__new__(cls)
        made.path, made._core = Path(name), core
        return made

    def __len__(self) -> int:
        return len(self._core)

    def __repr__(self) -> str:
        return f"EventFile({os.fspath(self.path)!r}, level {self.info.level}, {len(self)} events)"

    @cached_property
    def info(self) -> FileInfo:
        """The header and the instrument table."""
        return read_info(self._core)

    @property
    def instruments(self) -> tuple[EventInstrument, ...]:
        """The instrument table."""
        return self.info.instruments

    @cached_property
    def quality(self) -> dict[str, Any]:
        """What the converter counted: rows, events, faults by kind, crossed and locked spans."""
        return dict(json.loads(self._core.told()[0]))

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """Where the events come from: format, source files with their hashes, options."""
        return dict(json.loads(self._core.told()[1]))

    def kinds(self) -> dict[str, int]:
        """Events of each kind that occurs."""
        return {name: count for name, count in zip(KINDS, self._core.kinds(), strict=True) if count}

    def columns(self, start: int = 0, stop: int | None = None) -> dict[str, NDArray[Any]]:
        """Events `start` to `stop` as columns.

        Returns
        -------
        dict of (n,) arrays
            ``ts`` and ``received`` int64 ns (receive time not known: -2^63), ``kind`` and ``flags`` uint8, ``instr`` uint16,
            ``slot`` uint32, ``tick`` int64 absolute, ``qty`` uint64, ``aux`` uint32 (new slot of a REPLACE, phase of a
            STATUS), and ``order`` uint64, the venue's id, where the file keeps them. `KINDS` and `FLAGS` have the names.

        Raises
        ------
        ConfigError
            A range outside the file.
        """
        stop = len(self) if stop is None else stop
        if not 0 <= start <= stop <= len(self):
            raise ConfigError(f"start, stop: expected 0 to {len(self)}, got {start}, {stop}")
        return self._core.columns(start, stop)

    def bbo(self, instrument: int = 0) -> pl.DataFrame:
        """Every change of the best bid and ask, at the ends of the venue's groups of events.

        Returns
        -------
        polars.DataFrame
            ``ts_ns, received_ns, bid_ticks, bid_lots, ask_ticks, ask_lots``; null where a side is empty.

        Raises
        ------
        ConfigError
            No such row in the instrument table.
        """
        columns = self._core.bbo(_instrument(instrument, len(self.instruments)))
        frame = pl.DataFrame(columns)
        return frame.select(
            "ts_ns",
            "received_ns",
            *(
                pl.when(f"{side}_there").then(f"{side}_{what}").alias(f"{side}_{what}")
                for side in ("bid", "ask")
                for what in ("ticks", "lots")
            ),
        )

    def check(
        self,
        *,
        max_fault_share: float = 0.01,
        strict: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> EventCheck:
        """Replay the whole file, count its spans anew, compare its checkpoints, judge what the converter counted.

        `progress` is called about ten times a second with the events replayed; what it raises ends the check.

        Raises
        ------
        DataError
            An event the book refuses, or a checkpoint that differs from the replay.
        """
        counts = dict(self._core.check(told=progress))
        return judge(counts, self.quality, max_fault_share=max_fault_share, strict=strict)

    def stylised_facts(
        self,
        instrument: int = 0,
        *,
        interval_ns: int = 1_000_000_000,
        progress: Callable[[int], None] | None = None,
    ) -> StylisedFacts:
        """Spread, touch, volatility, tails and memory of an instrument, one replay.

        Parameters
        ----------
        instrument : int
            Row of the instrument table.
        interval_ns : int
            Nanoseconds between two looks at the mid; at most 2^22 of them in the file's span.
        progress : callable
            As of `check`.

        Raises
        ------
        ConfigError
            No such instrument, or an interval out of range.
        DataError
            An event the book refuses.
        """
        if not 1 <= interval_ns < 1 << 63:
            raise ConfigError(f"interval_ns: expected 1 to 2^63 - 1, got {interval_ns}")
        row = _instrument(instrument, len(self.instruments))
        return StylisedFacts(**self._core.stylised_facts(row, interval_ns, told=progress))

    def replay(self, *, event: int = 0, ts_ns: int | None = None) -> EventReplay:
        """The books before `event`, or before the first event at or after `ts_ns`."""
        replay = EventReplay(self._core.replay(), len(self.instruments))
        if ts_ns is None:
            replay.seek(event)
        else:
            replay.seek_time(ts_ns)
        return replay


def _instrument(instrument: int, count: int) -> int:
    if not 0 <= instrument < count:
        raise ConfigError(f"instrument: expected 0 to {count - 1}, got {instrument}")
    return instrument
