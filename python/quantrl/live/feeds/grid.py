"""The times at which a book on events decides, and at which its market inputs end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np

from quantrl.data.events.info import EventInstrument
from quantrl.errors import ConfigError, FeedError
from quantrl.live.events import Event, moves_feed
from quantrl.live.feeds import BarRow
from quantrl.live.instruments import Instrument, Instruments
from quantrl.typing import IntArray


@dataclass(frozen=True)
class Grid:
    """Whole steps since 1970, the first one after the feed's beginning.

    Parameters
    ----------
    first_ts : int
        The beginning, ns.
    every_ns, batch_ns : int
        Between two rows; the longest time one market input spans.
    n_rows : int
    """

    first_ts: int
    every_ns: int
    batch_ns: int
    n_rows: int

    @property
    def start(self) -> int:
        """Time of row 0, ns."""
        return (self.first_ts // self.every_ns + 1) * self.every_ns

    def times(self) -> IntArray:
        """(T,) times of all rows, ns."""
        return self.start + self.every_ns * np.arange(self.n_rows, dtype=np.int64)

    def time(self, k: int) -> int:
        """Time of row k, ns; of one that would follow the last, too."""
        return self.start + k * self.every_ns

    def check(self, k: int) -> None:
        """Refuse a row that is not there.

        Raises
        ------
        FeedError
            Which there are.
        """
        if not 0 <= k < self.n_rows:
            raise FeedError(f"row: expected 0 to {self.n_rows - 1}, got {k}")

    def arrived(self, ts: int) -> int | None:
        """The row at a time, None between two."""
        k, rest = divmod(ts - self.start, self.every_ns)
        return k if rest == 0 and 0 <= k < self.n_rows else None

    def newest(self, ts: int) -> int:
        """The newest row at a time; -1 before the first."""
        return max(-1, min((ts - self.start) // self.every_ns, self.n_rows - 1))

    def next_stop(self, after: int) -> int:
        """The next point of the batches or of the grid, ns."""
        batch = (after // self.batch_ns + 1) * self.batch_ns
        passed = max(-1, (after - self.start) // self.every_ns)
        return min(batch, self.start + (passed + 1) * self.every_ns)


class GridRows(ABC):
    """What feeds of events have in common: rows of mids on a grid, and the times at which inputs end.

    Who inherits has `grid`, `first_ts`, `table`, `mids` and `digest`.
    """

    grid: Grid
    first_ts: int
    table: Instruments

    @abstractmethod
    def mids(self, k: int) -> tuple[int, ...]:
        """(N,) mids at grid row k, ticks."""

    @property
    def genesis_ts(self) -> int:
        """A time before everything, ns."""
        return self.first_ts - 1

    def instruments(self) -> Instruments:
        """The instrument table."""
        return self.table

    def row(self, k: int) -> BarRow:
        """Grid row k.

        Raises
        ------
        FeedError
            No such row.
        """
        self.grid.check(k)
        at, mids = self.grid.time(k), self.mids(k)
        return BarRow(k, at, at, mids, mids)

    def arrived(self, ts: int) -> BarRow | None:
        """The grid row at a time, None between two."""
        k = self.grid.arrived(ts)
        return None if k is None else self.row(k)

    def row_of(self, event: Event, values: object) -> BarRow | None:
        """The grid row an input brought; None where it brought none."""
        return self.arrived(event.ts) if moves_feed(values) else None

    def newest(self, event: Event, values: object) -> BarRow | None:
        """The newest grid row after an input; None before the first."""
        k = self.grid.newest(event.ts)
        return self.row(k) if k >= 0 else None

    def next_stop(self, after: int) -> int:
        """The next point at which a market input ends, whatever orders there are: of the batches or of the grid."""
        return self.grid.next_stop(after)

    @abstractmethod
    def digest(self, first: int, last: int) -> bytes:
        """sha256 over events `first` to `last`, both included."""

    def check(self, first: int, last: int, sha256: bytes) -> None:
        """Refuse events that are not those whose digest was kept.

        Raises
        ------
        FeedError
            Another digest: expected and found.
        """
        found = self.digest(first, last)
        if found != sha256:
            raise FeedError(
                f"events {first} to {last}: changed since they were recorded: expected sha256 {sha256.hex()}, "
                f"found {found.hex()}"
            )


def instruments_of(rows: Iterable[EventInstrument]) -> Instruments:
    """The daemon's table of an event file's.

    Raises
    ------
    ConfigError
        An instrument that is no whole number of cash units a tick and lot, or is paid in its own base currency.
    """
    return Instruments(map(_instrument, rows))


def _instrument(row: EventInstrument) -> Instrument:
    if row.inverse:
        raise ConfigError(
            f"instrument {row.symbol!r}: expected one paid in quote currency, got an inverse one"
        )
    sizes = (
        _decimal(row.symbol, name, getattr(row, name)) for name in ("tick_size", "lot_size", "multiplier")
    )
    return Instrument.of(row.symbol, *sizes)


def _decimal(symbol: str, name: str, size: Fraction) -> Decimal:
    value = Decimal(size.numerator) / Decimal(size.denominator)
    if Fraction(value) != size:
        raise ConfigError(f"instrument {symbol!r}: {name}: expected a decimal number, got {size}")
    return value
