"""A simulated feed: events that are made as time goes, the same ones whenever they are made again.

Nothing of it is on a disk but in snapshots: whoever goes on, or looks back, makes the events anew.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any, NamedTuple, final

import numpy as np

from quantrl.backtest.ticks import TickConfig
from quantrl.data.events import EventFile
from quantrl.data.growing import Growing
from quantrl.errors import ConfigError, FeedError
from quantrl.live.feeds.grid import Grid, GridRows, instruments_of
from quantrl.live.feeds.law import LawConfig
from quantrl.live.netting import mid

_MAGIC = b"quantrl.stream.1\n"
_RECORD = np.dtype([("ts", "<i8"), ("rest", "V24")])
_KEPT = 4
"""Stretches kept behind the newest one, beside those that are under way."""


class Stretch(NamedTuple):
    """Events that are received after one row of the grid and up to the next.

    `first` counts the events before it, `most_live` the orders of each instrument there were at once so far, `saved` is the
    stream before it.
    """

    first: int
    events: bytes
    most_live: tuple[int, ...]
    saved: bytes

    @property
    def end(self) -> int:
        """Events up to its end."""
        return self.first + len(self.events) // _RECORD.itemsize


@final
class SyntheticFeed(GridRows):
    """Rows are events in the order they are received; grid rows are mids, one each `every_ns`.

    Stretch k of the stream has the events received after row k - 1 and up to row k; row k is what its end shows. A row is
    known from its time on, although its stretch is made a little before.

    Parameters
    ----------
    law : LawConfig
    seed : int
    config : TickConfig
        With ``feed``, the time every event takes to be received.
    every_ns, batch_ns : int
        Between two grid rows; the longest time one market input spans.
    periods_per_year : float
        Grid rows in a year.
    sha256 : str, optional
        What the settings hashed to when the book was made.

    Attributes
    ----------
    panel : Growing
        ``close``: the mid in currency at each grid row made so far, NaN where a side of the book was empty.
    first_ts : int
        Time of the openings, ns.
    off_grid : float
        0: events have whole ticks.

    Raises
    ------
    ConfigError
        No ``feed``, or a horizon without a row.
    FeedError
        Settings that changed: expected and found sha256.
    """

    resumable = True
    off_grid = 0.0

    def __init__(
        self,
        law: LawConfig,
        seed: int,
        config: TickConfig,
        *,
        every_ns: int,
        batch_ns: int,
        periods_per_year: float,
        sha256: str | None = None,
    ) -> None:
        self.law, self.config, self._seed = law, config, seed
        lag = config.to_times()["feed"]
        if lag is None:
            raise ConfigError("venue.feed_latency: required: simulated events carry no receive times")
        self._lag = lag
        self.sha256 = law.sha256(seed)
        if sha256 is not None and sha256 != self.sha256:
            raise FeedError(
                f"feed {law.law}: changed since it was recorded: expected sha256 {sha256}, found {self.sha256}"
            )
        self.first_ts = law.start_ns
        self.grid = Grid(self.first_ts, every_ns, batch_ns, law.rows(every_ns))
        # A book looks past its last row by the latency, and one stretch more.
        self._capacity = self.n_rows + lag // every_ns + 3
        self._firsts = np.zeros(self._capacity + 1, dtype=np.int64)
        self._twice = np.zeros((self.n_rows, len(law.symbols)), dtype=np.int64)
        self._kept: dict[int, Stretch] = {}
        self._begin(0, None)
        self._rows = 0
        self.window = lru_cache(maxsize=2)(self._window)
        opening = self._stream.file(b"", self.first_ts, self.first_ts + 1, self._stream.most_live())
        self.opening = opening
        self.table = instruments_of(opening.instruments)
        ratios = [one.tick_size.as_integer_ratio() for one in opening.instruments]
        self._tops = np.array([top for top, _ in ratios], dtype=np.float64)
        self._bottoms = np.array([2 * bottom for _, bottom in ratios], dtype=np.float64)
        self.panel = Growing(
            self.grid.times(),
            law.symbols,
            periods_per_year=periods_per_year,
            name=law.law,
            source=f"synthetic {law.law}",
        )

    @property
    def n_rows(self) -> int:
        """Grid rows in all."""
        return self.grid.n_rows

    @property
    def end_ts(self) -> int:
        """Time of the last row, ns: the book ends there."""
        return self.grid.time(self.n_rows - 1)

    def mids(self, k: int) -> tuple[int, ...]:
        """(N,) mids at grid row k, ticks, half a tick to the even one; 0: an empty side. Makes the events up to it."""
        while self._rows <= k:
            self.stretch(self._rows)
        return tuple(mid(both, 0) for both in self._twice[k].tolist())

    def scout(self, at: int) -> SyntheticScout:
        """Who counts what has been received."""
        return SyntheticScout(self)

    # Stretches

    def number(self, ts: int) -> int:
        """The stretch whose events are received at a time, ns."""
        return max(0, -(-(ts - self.grid.start) // self.grid.every_ns))

    def ahead(self, ts: int) -> int:
        """The stretch behind all that may have happened at the exchange by a local time, ns."""
        return self.number(ts + self._lag) + 1

    def stretch(self, k: int) -> Stretch:
        """Stretch k, made if it is not there.

        Raises
        ------
        FeedError
            Beyond the book's horizon.
        """
        if not 0 <= k < self._capacity:
            raise FeedError(f"stretch: expected 0 to {self._capacity - 1}, the book's horizon, got {k}")
        if k not in self._kept and k < self._next:
            # Long gone: from the nearest state that is left, else from the beginning.
            nearest = max((number for number in self._kept if number <= k), default=0)
            self._begin(nearest, self._kept.get(nearest))
        while k not in self._kept:
            self._make()
        return self._kept[k]

    def received(self, ts: int) -> int:
        """Events received by a time, ns."""
        found = self.stretch(self.number(ts))
        times = np.frombuffer(found.events, dtype=_RECORD)["ts"]
        return found.first + int(np.searchsorted(times, ts - self._lag, side="right"))

    def first(self, k: int) -> int:
        """Events before stretch k."""
        return self.stretch(k).first

    def _window(self, a: int, b: int) -> EventFile:
        """Stretches a to b, both included, as a file. `window` keeps the last ones."""
        parts = [self.stretch(k) for k in range(a, b + 1)]
        begin = self.first_ts if a == 0 else self.grid.time(a - 1) - self._lag + 1
        end = max(self.grid.time(b) - self._lag, begin + 1)
        events = b"".join(part.events for part in parts)
        return self._stream.file(events, begin, end, parts[-1].most_live)

    def _begin(self, k: int, known: Stretch | None) -> None:
        """Stand before stretch k."""
        self._stream = self.law.stream(self._seed)
        self._next, self._kept = k, {}
        self._firsts[k] = 0 if known is None else known.first
        if known is not None:
            self._stream.restore(known.saved)

    def _make(self) -> None:
        k, saved = self._next, self._stream.save()
        events = self._stream.run(self.grid.time(k) - self._lag + 1)
        made = Stretch(int(self._firsts[k]), events, tuple(self._stream.most_live()), saved)
        self._kept[k], self._firsts[k + 1], self._next = made, made.end, k + 1
        if self._rows == k < self.n_rows:
            touches = self._stream.touches()
            self._show(k, [(bid or 0) + (ask or 0) if both_sides(bid, ask) else 0 for bid, ask in touches])
        for old in [number for number in self._kept if number < k - _KEPT - self._lag // self.grid.every_ns]:
            del self._kept[old]

    def _show(self, k: int, twice: Any) -> None:
        self._twice[k] = twice
        there = self._twice[k] > 0
        self.panel.put(k, np.where(there, self._twice[k] * self._tops / self._bottoms, np.nan))
        self._rows = k + 1

    # What journal and snapshots keep of it

    def digest(self, first: int, last: int) -> bytes:
        """sha256 over events `first` to `last`, both included, as they are stored.

        Raises
        ------
        FeedError
            No such events.
        """
        if not 0 <= first <= last:
            raise FeedError(f"events: expected 0 <= first <= last, got {first} to {last}")
        while self._firsts[self._next] <= last:
            self.stretch(self._next)
        found = hashlib.sha256(_MAGIC)
        k = int(np.searchsorted(self._firsts[: self._next + 1], first, side="right")) - 1
        while first <= last:
            part = self.stretch(k)
            low, high = first - part.first, min(last + 1, part.end) - part.first
            found.update(part.events[low * _RECORD.itemsize : high * _RECORD.itemsize])
            first, k = max(first, part.end), k + 1
        return found.digest()

    def to_plain(self, k: int) -> Any:
        """What is needed to go on with stretch k: the stream before it, and the rows so far."""
        here = self.stretch(k)
        return {
            "number": k,
            "saved": here.saved,
            "firsts": self._firsts[: k + 1].astype("<i8").tobytes(),
            "twice": self._twice[: min(k, self.n_rows)].astype("<i8").tobytes(),
        }

    def resume(self, plain: Any) -> None:
        """Stand where `to_plain` was called; what has been made already stays."""
        k = plain["number"]
        twice = np.frombuffer(plain["twice"], dtype="<i8").reshape(-1, self._twice.shape[1])
        for number in range(self._rows, len(twice)):
            self._show(number, twice[number])
        if k in self._kept or k == self._next:
            return
        self._firsts[: k + 1] = np.frombuffer(plain["firsts"], dtype="<i8")
        self._begin(k, Stretch(int(self._firsts[k]), b"", (), plain["saved"]))


@final
class SyntheticScout:
    """How many events have been received by a time."""

    def __init__(self, feed: SyntheticFeed) -> None:
        self._feed, self.ended = feed, False

    def received(self, ts: int) -> int:
        """Events received by `ts`, which does not go back."""
        self.ended = ts >= self._feed.end_ts
        return self._feed.received(ts)


def both_sides(bid: int | None, ask: int | None) -> bool:
    """Whether there is a mid that a price can be made of."""
    return bid is not None and ask is not None and bid > 0 and ask > 0
