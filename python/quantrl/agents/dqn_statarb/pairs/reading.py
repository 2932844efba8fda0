"""From files of events and of mids to candidates on one grid."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from quantrl.agents.dqn_statarb.pairs.candidates import Candidates, sample_ns
from quantrl.data.hashing import file_sha256
from quantrl.errors import DataError
from quantrl.typing import FloatArray, IntArray
from quantrl.units import iso_time

EVENTS = ".qev"
MIDS = (".csv", ".parquet", ".pq")
MOST_CELLS = 1 << 28
_COLUMNS = ("mid", "close")


@dataclass(frozen=True)
class _Quotes:
    """Mids of one instrument as they changed; half-spreads are log units, NaN where unknown."""

    symbol: str
    file: str
    time_ns: IntArray
    log_mid: FloatArray
    half_spread: FloatArray


def read_candidates(
    path: str | os.PathLike[str],
    *,
    sample: str | int = "10s",
    start_ns: int | None = None,
    end_ns: int | None = None,
    time_zone: str | None = None,
) -> Candidates:
    """Every instrument of the files of a folder, on one grid.

    Parameters
    ----------
    path : path-like
        A folder, or one file. Of a folder the event files (``.qev``: mids and spreads, by the venue's time) and tables of
        mids (``.csv``, ``.parquet``: long with a column ``mid`` or ``close``, or a column an instrument, as
        `quantrl.data.read`) are taken, other files left alone.
    sample : str or int
        Time between rows; rows stand at its multiples since 1970.
    start_ns, end_ns : int, optional
        First and last time of the window, UTC; nothing outside of it is used.
    time_zone : str, optional
        Zone of times in tables that name none.

    Returns
    -------
    Candidates
        A row holds the last mid at or before its time. Rows begin when every instrument has one and end with the
        instrument that ends first. Nights are not left out: give files of one session.

    Raises
    ------
    DataError
        No such folder, no instrument, one twice, no time in common, too many rows; what a file is refused for.
    ConfigError
        A `sample` that is no time.
    """
    step = sample_ns(sample)
    files = list(_files(Path(path)))
    quotes = [found for file in files for found in _quotes(file, time_zone)]
    _check_names(quotes, Path(path))
    grid = _grid(quotes, step, start_ns, end_ns)
    mids, halves = np.empty((len(grid), len(quotes))), np.empty(len(quotes))
    for column, quote in enumerate(quotes):
        at = np.searchsorted(quote.time_ns, grid, side="right") - 1
        mids[:, column] = quote.log_mid[at]
        halves[column] = np.median(quote.half_spread[at])
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name}:{file_sha256(file)}\n".encode())
    return Candidates(mids, tuple(quote.symbol for quote in quotes), step, grid, halves, digest.hexdigest())


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        if path.suffix not in (EVENTS, *MIDS):
            raise DataError(f"{path}: expected a name that ends in {', '.join((EVENTS, *MIDS))}")
        yield path
        return
    if not path.is_dir():
        raise DataError(f"{path}: no such folder")
    found = sorted(file for file in path.iterdir() if file.suffix in (EVENTS, *MIDS) and file.is_file())
    if not found:
        raise DataError(f"{path}: expected files that end in {', '.join((EVENTS, *MIDS))}, found none")
    yield from found


def _quotes(file: Path, time_zone: str | None) -> Iterator[_Quotes]:
    yield from _of_events(file) if file.suffix == EVENTS else _of_table(file, time_zone)


def _of_events(file: Path) -> Iterator[_Quotes]:
    from quantrl.data.events import EventFile

    events = EventFile(file)
    for row, instrument in enumerate(events.instruments):
        frame = events.bbo(row).drop_nulls(["bid_ticks", "ask_ticks"])
        if frame.is_empty():
            raise DataError(f"{file}: {instrument.symbol}: never has a bid and an ask")
        bid, ask = (frame[f"{side}_ticks"].to_numpy().astype(np.float64) for side in ("bid", "ask"))
        if (bid + ask).min() <= 0:
            raise DataError(f"{file}: {instrument.symbol}: expected mids above 0")
        times = frame["ts_ns"].to_numpy()
        log_mid = np.log((bid + ask) / 2) + math.log(instrument.tick_size)
        yield _Quotes(instrument.symbol, file.name, times, log_mid, (ask - bid) / (ask + bid))


def _of_table(file: Path, time_zone: str | None) -> Iterator[_Quotes]:
    from quantrl.data import read

    panel = read(file, time_zone=time_zone)
    name = next((name for name in _COLUMNS if name in panel), None)
    if name is None:
        raise DataError(f"{file}: expected a column {' or '.join(_COLUMNS)}")
    for column, symbol in enumerate(panel.instruments):
        mids = panel[name][:, column]
        there = np.isfinite(mids)
        if not there.any():
            raise DataError(f"{file}: {symbol}: holds no price")
        if (mids[there] <= 0).any():
            raise DataError(f"{file}: {symbol}: expected mids above 0, got {mids[there].min()}")
        times = np.ascontiguousarray(panel.time[there])
        yield _Quotes(symbol, file.name, times, np.log(mids[there]), np.full(int(there.sum()), np.nan))


def _check_names(quotes: list[_Quotes], path: Path) -> None:
    if len(quotes) < 2:
        raise DataError(f"{path}: expected two or more instruments, found {len(quotes)}")
    seen: dict[str, str] = {}
    for quote in quotes:
        if quote.symbol in seen:
            raise DataError(f"{path}: {quote.symbol}: stands in {seen[quote.symbol]} and in {quote.file}")
        seen[quote.symbol] = quote.file


def _grid(quotes: list[_Quotes], step: int, start_ns: int | None, end_ns: int | None) -> IntArray:
    first = max(int(quote.time_ns[0]) for quote in quotes)
    last = min(int(quote.time_ns[-1]) for quote in quotes)
    first = first if start_ns is None else max(first, start_ns)
    last = last if end_ns is None else min(last, end_ns)
    low, high = -(-first // step), last // step
    if high < low:
        raise DataError(
            f"window: no time in common: all instruments have mids from {iso_time(first)}, "
            f"the first ends at {iso_time(last)}"
        )
    if (high - low + 1) * len(quotes) > MOST_CELLS:
        raise DataError(f"sample: expected at most {MOST_CELLS} mids, got {(high - low + 1) * len(quotes)}")
    return np.arange(low, high + 1, dtype=np.int64) * step
