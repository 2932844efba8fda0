"""A panel, or the file of one, as a feed: the same rows in the same batches whenever it is read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self, final

import numpy as np

from quantrl.data import Panel, read
from quantrl.data.hashing import file_sha256
from quantrl.errors import ConfigError, DataError, FeedError
from quantrl.live.events import Event, Market
from quantrl.live.feeds import BarRow, Batch
from quantrl.live.instruments import Instruments
from quantrl.typing import IntArray

_FILL_COLUMN = {"next_open": "open", "next_close": "close"}
_MAGIC = b"quantrl.bars.1\n"


@final
class Recorded:
    """Bars of a panel in ticks.

    Parameters
    ----------
    panel : Panel
        With ``close``, and ``open`` for ``next_open``.
    instruments : Instruments
        One for each column of the panel, under its symbol; its tick policy says what a price off the grid is.
    fill : str
        ``next_open`` or ``next_close``: which price `BarRow.price` is.
    sha256 : str, optional
        What the data hashed to when they were first used.
    found : str, optional
        Hash of the file the panel was read from; that of the panel by default.

    Raises
    ------
    FeedError
        Data that changed (expected and found sha256); a price missing beside others of its bar, off the grid or out of
        range, a row known before the one above it (row, instrument, value).
    ConfigError
        Another table of instruments than the panel's, an unknown choice, a column that is not there.
    """

    resumable = True

    def __init__(
        self,
        panel: Panel,
        instruments: Instruments,
        *,
        fill: str = "next_open",
        sha256: str | None = None,
        found: str | None = None,
    ) -> None:
        self.panel = panel
        self.sha256 = panel.id if found is None else found
        if sha256 is not None and sha256 != self.sha256:
            raise FeedError(
                f"feed {panel.name or panel.source}: changed since it was recorded: "
                f"expected sha256 {sha256}, found {self.sha256}"
            )
        self._instruments = instruments
        _check_settings(panel, instruments, fill)
        column = _FILL_COLUMN[fill]
        _check_whole(panel, column)
        self._close, self.off_grid = self._in_ticks("close")
        price = self._close
        if column != "close":
            price, off = self._in_ticks(column)
            self.off_grid = max(self.off_grid, off)
        self._price = np.where(panel.tradable, price, 0)
        self._available = _available(panel, {"close", column})
        later = self._available[1:] != self._available[:-1]
        self._ends = [*(np.flatnonzero(later) + 1).tolist(), panel.n_bars]

    @classmethod
    def from_file(
        cls,
        path: str | Path,
        instruments: Instruments,
        *,
        fill: str = "next_open",
        sha256: str | None = None,
        **options: Any,
    ) -> Self:
        """The feed of a Parquet, CSV or NPZ file; `options` are those of `quantrl.data.read`.

        Raises
        ------
        FeedError
            The file cannot be read as bars: as in `quantrl.data.read`.
        """
        try:
            found = file_sha256(path)
            panel = read(path, **options)
        except (OSError, DataError) as error:
            raise FeedError(str(error)) from error
        return cls(panel, instruments, fill=fill, sha256=sha256, found=found)

    @property
    def n_rows(self) -> int:
        """Rows in all."""
        return self.panel.n_bars

    @property
    def genesis_ts(self) -> int:
        """A time before everything, ns."""
        return self.row(0).time - 1

    def instruments(self) -> Instruments:
        """The table, in the order of a row's prices."""
        return self._instruments

    def batches(self, position: int = 0) -> Iterator[Batch]:
        """Batches from row `position` on, one for each time at which rows became known.

        Raises
        ------
        FeedError
            A position past the end.
        """
        if not 0 <= position <= self.n_rows:
            raise FeedError(f"position: expected 0 to {self.n_rows}, got {position}")
        return self._from(position)

    def digest(self, first: int, last: int) -> bytes:
        """sha256 over rows `first` to `last`, both included: numbers, times and prices as little-endian int64."""
        if not 0 <= first <= last < self.n_rows:
            raise FeedError(f"rows: expected first <= last in 0 to {self.n_rows - 1}, got {first} to {last}")
        rows = slice(first, last + 1)
        times = [np.arange(first, last + 1), self.panel.time[rows], self._available[rows]]
        table = np.column_stack([*times, self._close[rows], self._price[rows]])
        return hashlib.sha256(_MAGIC + np.ascontiguousarray(table, dtype="<i8").tobytes()).digest()

    def check(self, first: int, last: int, sha256: bytes) -> None:
        """Refuse rows that are not those whose digest was kept.

        Raises
        ------
        FeedError
            Another digest: expected and found.
        """
        found = self.digest(first, last)
        if found != sha256:
            raise FeedError(
                f"rows {first} to {last}: changed since they were recorded: expected sha256 {sha256.hex()}, "
                f"found {found.hex()}"
            )

    def _from(self, position: int) -> Iterator[Batch]:
        for end in self._ends:
            if end > position:
                yield Batch(tuple(self.row(t) for t in range(position, end)), end)
                position = end

    def row(self, t: int) -> BarRow:
        """Row t."""
        prices = (tuple(self._close[t].tolist()), tuple(self._price[t].tolist()))
        return BarRow(t, int(self.panel.time[t]), int(self._available[t]), *prices)

    def row_of(self, event: Event, values: object) -> BarRow | None:
        """The row an input brought; None where it brought none."""
        return self.row(values.last) if isinstance(values, Market) else None

    def newest(self, event: Event, values: object) -> BarRow | None:
        """The newest row after an input."""
        return self.row_of(event, values)

    def _in_ticks(self, column: str) -> tuple[IntArray, float]:
        """A column in whole ticks, 0 where it has no value, and the largest distance from the grid."""
        try:
            return self._instruments.grid(self.panel[column])
        except FeedError as error:
            raise FeedError(f"{column}: {error}") from None


def _check_settings(panel: Panel, instruments: Instruments, fill: str) -> None:
    symbols = tuple(instrument.symbol for instrument in instruments.table)
    if symbols != panel.instruments:
        raise ConfigError(f"instruments: expected {', '.join(panel.instruments)}, got {', '.join(symbols)}")
    if fill not in _FILL_COLUMN:
        raise ConfigError(f"fill: expected one of {', '.join(_FILL_COLUMN)}, got {fill!r}")
    for column in ("close", _FILL_COLUMN[fill]):
        if column not in panel:
            raise ConfigError(f"fill: {fill} needs the column {column!r}, which the feed lacks")


def _check_whole(panel: Panel, column: str) -> None:
    """A bar is there or it is not: half of one is a broken row."""
    torn = np.argwhere(np.isnan(panel["close"]) != np.isnan(panel[column]))
    if len(torn):
        t, i = (int(k) for k in torn[0])
        gone, there = (column, "close") if np.isnan(panel[column][t, i]) else ("close", column)
        raise FeedError(
            f"row {t}: {gone} of {panel.instruments[i]}: expected a price beside its {there}, got NaN"
        )


def _available(panel: Panel, columns: set[str]) -> IntArray:
    """When all of each row was known, (T,)."""
    known = [panel.available_at(column) for column in columns]
    latest: IntArray = np.maximum.reduce([at.max(axis=1) if at.ndim == 2 else at for at in known])
    early = np.flatnonzero(np.diff(latest) < 0)
    if early.size:
        t = int(early[0]) + 1
        raise FeedError(
            f"row {t}: available_at: expected {latest[t - 1]} or later, as of the row above, got {latest[t]}"
        )
    return latest
