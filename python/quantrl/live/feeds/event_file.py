"""An event file as a feed: the same batches whenever it is read, and its mids on a grid for agents."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any, final

import numpy as np

from quantrl.backtest.ticks import TickConfig, TickSession
from quantrl.data import Panel
from quantrl.data.events import EventFile
from quantrl.errors import DataError, FeedError
from quantrl.live.feeds.grid import Grid, GridRows, instruments_of
from quantrl.live.netting import mid
from quantrl.typing import FloatArray, IntArray

_MAGIC = b"quantrl.events.1\n"
_COLUMNS = ("ts", "received", "kind", "flags", "instr", "slot", "tick", "qty", "aux")
_UNKNOWN = -(2**63)
_CHUNK = 1 << 20


@final
class EventFeed(GridRows):
    """Rows are events in the order they are received; grid rows are mids, one each `every_ns`.

    Parameters
    ----------
    file : EventFile
    config : TickConfig
        Says when events are received.
    every_ns, batch_ns : int
        Between two grid rows; the longest time one market input spans.
    periods_per_year : float
        Grid rows in a year.
    sha256 : str, optional
        What the file hashed to when it was first used.

    Attributes
    ----------
    panel : Panel
        ``close``: the mid in currency at each grid row, NaN where a side of the book was empty.
    first_ts : int
        Exchange time of the first event, ns.
    grid : Grid
    off_grid : float
        0: an event file has whole ticks.

    Raises
    ------
    FeedError
        A file that changed (expected and found sha256), damaged, or shorter than one step of the grid.
    ConfigError
        An instrument that is no whole number of cash units a tick and lot, or is paid in its own base currency.
    """

    resumable = True
    off_grid = 0.0

    def __init__(
        self,
        file: EventFile,
        config: TickConfig,
        *,
        every_ns: int,
        batch_ns: int,
        periods_per_year: float,
        sha256: str | None = None,
    ) -> None:
        self.file, self.config = file, config
        self.sha256 = file.info.sha256
        if sha256 is not None and sha256 != self.sha256:
            raise FeedError(
                f"feed {file.path}: changed since it was recorded: expected sha256 {sha256}, found {self.sha256}"
            )
        self.table = instruments_of(file.instruments)
        self._order = _received_order(file, config)
        self.first_ts = TickSession(file, config).now_ns
        begun = Grid(self.first_ts, every_ns, batch_ns, 0)
        bids, asks = self._scanned(begun)
        self.grid = replace(begun, n_rows=len(bids))
        self._mids = np.array(
            [
                [mid(b, a) if b and a else 0 for b, a in zip(*row, strict=True)]
                for row in zip(bids.tolist(), asks.tolist(), strict=True)
            ],
            dtype=np.int64,
        )
        self.panel = Panel(
            {"close": self._prices(bids, asks)},
            self.grid.times(),
            [one.symbol for one in file.instruments],
            periods_per_year=periods_per_year,
            name=file.path.stem,
            source=str(file.path),
        )

    @classmethod
    def open(cls, path: str | Path, config: TickConfig, **settings: Any) -> EventFeed:
        """The feed of a ``.qev`` file, checked event by event.

        Raises
        ------
        FeedError
            No such file, or a damaged one.
        """
        try:
            return cls(EventFile(path), config, **settings)
        except FeedError:
            raise
        except DataError as error:
            raise FeedError(str(error)) from error

    @property
    def n_rows(self) -> int:
        """Grid rows in all."""
        return len(self._mids)

    def mids(self, k: int) -> tuple[int, ...]:
        """(N,) mids at grid row k, ticks, half a tick to the even one; 0 where a side is empty."""
        return tuple(self._mids[k].tolist())

    def scout(self, at: int) -> Scout:
        """Who counts what has been received from a time on."""
        return Scout(self, at)

    def digest(self, first: int, last: int) -> bytes:
        """sha256 over events `first` to `last` as received, both included: column by column, little-endian.

        Raises
        ------
        FeedError
            No such events.
        """
        if not 0 <= first <= last < len(self.file):
            raise FeedError(
                f"events: expected first <= last in 0 to {len(self.file) - 1}, got {first} to {last}"
            )
        found = hashlib.sha256(_MAGIC)
        picked = None if self._order is None else self._order[first : last + 1]
        low, high = (first, last) if picked is None else (int(picked.min()), int(picked.max()))
        columns = self.file.columns(low, high + 1)
        for name in _COLUMNS:
            column = columns[name] if picked is None else columns[name][picked - low]
            found.update(column.astype(column.dtype.newbyteorder("<"), copy=False).tobytes())
        return found.digest()

    def _scanned(self, grid: Grid) -> tuple[IntArray, IntArray]:
        """Best bids and asks of the grid, (T, N) ticks each, 0 where a side is empty: one pass of an idle session."""
        session, n = TickSession(self.file, self.config), len(self.file.instruments)
        bids: list[list[int]] = []
        asks: list[list[int]] = []
        at = grid.start
        while True:
            going = session.step(until_ns=at)
            if session.now_ns < at:
                break
            best = [session.best(instr) for instr in range(n)]
            bids.append([bid or 0 for bid, _ in best])
            asks.append([ask or 0 for _, ask in best])
            if not going:
                break
            at += grid.every_ns
        if not bids:
            raise FeedError(
                f"feed {self.file.path}: expected events for at least one step of {grid.every_ns} ns, they end at "
                f"{session.now_ns}, before {grid.start}"
            )
        return np.array(bids, dtype=np.int64), np.array(asks, dtype=np.int64)

    def _prices(self, bids: IntArray, asks: IntArray) -> FloatArray:
        ratios = [one.tick_size.as_integer_ratio() for one in self.file.instruments]
        tops = np.array([top for top, _ in ratios], dtype=np.float64)
        bottoms = np.array([2 * bottom for _, bottom in ratios], dtype=np.float64)
        there = (bids > 0) & (asks > 0)
        prices: FloatArray = np.where(there, (bids + asks) * tops / bottoms, np.nan)
        return prices


@final
class Scout:
    """An idle session that runs ahead of the book's own: how many events have been received by a time.

    Parameters
    ----------
    feed : EventFeed
    at : int
        Time to begin at, ns.
    """

    def __init__(self, feed: EventFeed, at: int) -> None:
        begin = min(at, feed.file.info.last_ts_ns)
        start = None if begin <= feed.first_ts else begin
        self._session = TickSession(feed.file, feed.config, start_ns=start)
        self.received(at)

    def received(self, ts: int) -> int:
        """Events received by `ts`, which does not go back."""
        if not self._session.ended and ts > self._session.now_ns:
            self._session.step(until_ns=ts)
        return self._session.n_received

    @property
    def ended(self) -> bool:
        """Whether all events have been received."""
        return self._session.ended


def _received_order(file: EventFile, config: TickConfig) -> IntArray | None:
    """Events as they are received, where that is not the order of the file; among orders a late one holds back the rest."""
    if file.info.level == 3 or config.feed is not None:
        return None
    late = config.to_times()["feed_unknown"] or 0
    parts = []
    for start in range(0, len(file), _CHUNK):
        columns = file.columns(start, min(start + _CHUNK, len(file)))
        parts.append(np.where(columns["received"] == _UNKNOWN, columns["ts"] + late, columns["received"]))
    received = np.concatenate(parts)
    if bool((received[1:] >= received[:-1]).all()):
        return None
    order: IntArray = np.argsort(received, kind="stable")
    return order
