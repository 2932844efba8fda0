"""A book's history as another process may keep it: tables made from the committed events, which can be thrown away."""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw

from quantrl.errors import DataError, JournalError
from quantrl.live import events as ev
from quantrl.live import plain, view_tables
from quantrl.live.bar_books import Bar, BarBooks
from quantrl.live.chain import genesis, link
from quantrl.live.events import decode
from quantrl.live.feeds import BarRow
from quantrl.live.feeds.grid import Grid
from quantrl.live.project import Projector, create_tables
from quantrl.live.record import Event

NAME = "view.db"
VERSION = 1
READERS = 8
_MODE = 0o600
_SUFFIXES = ("", "-wal", "-shm")


class View:
    """A view that one thread writes and any may read. Made by `open`.

    Parameters
    ----------
    path : Path
    book_id : bytes
    tv : (N,) int
        Cash units per lot and tick.
    n_agents : int
    row_of : callable (int) -> BarRow
        A row of the feed that the events speak of.
    grid : Grid, optional
        When an event feed has rows; without one each market input names its own.

    Attributes
    ----------
    seq : int
        Of the last event taken.
    hash : bytes
        Of the chain there.
    """

    def __init__(
        self,
        path: Path,
        book_id: bytes,
        tv: Sequence[int],
        n_agents: int,
        row_of: Callable[[int], BarRow],
        grid: Grid | None = None,
    ) -> None:
        self.path, self.seq, self.hash = path, 0, genesis(book_id).hash
        self._db = _connection(path, apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
        path.chmod(_MODE)
        self._projector, self._books = Projector(), BarBooks(tv, n_agents, row_of)
        self._extras = view_tables.Extras()
        self._tv, self._peak, self._bar_seq = tuple(tv), 0, 0
        self._grid = grid
        self._row: BarRow | None = None
        self._idle: list[apsw.Connection] = []
        self._guard = threading.Lock()
        self._closed = False
        identity = f"{VERSION}:{book_id.hex()}".encode()
        if not self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchall():
            with self._db:
                create_tables(self._db)
                view_tables.create(self._db)
                self._put("identity", identity)
                self._keep()
        if self._meta("identity") != identity:
            raise DataError(f"{path}: a view of another book or version")
        self._restore()

    @staticmethod
    def open(
        folder: str | Path,
        book_id: bytes,
        tv: Sequence[int],
        n_agents: int,
        row_of: Callable[[int], BarRow],
        grid: Grid | None = None,
    ) -> View:
        """The view of a folder; a new one where there is none, or one that cannot be read or is of another book.

        Parameters
        ----------
        folder : str or Path
        book_id, tv, n_agents, row_of, grid
            As the class.
        """
        path = Path(folder) / NAME
        try:
            return View(path, book_id, tv, n_agents, row_of, grid)
        except (apsw.Error, DataError, ValueError, TypeError, KeyError):
            View.discard(folder)
            return View(path, book_id, tv, n_agents, row_of, grid)

    @staticmethod
    def discard(folder: str | Path) -> None:
        """Remove a folder's view."""
        for suffix in _SUFFIXES:
            (Path(folder) / f"{NAME}{suffix}").unlink(missing_ok=True)

    def take(self, events: Sequence[Event]) -> None:
        """Take the events that follow the last one, all or none.

        Raises
        ------
        JournalError
            One that does not follow by seq or hash, with its seq.
        DataError, InvariantError, apsw.Error
            One that cannot be projected: discard the view.
        LiveError
            The feed's row is not to be had now.
        """
        if not events:
            return
        try:
            self._take(events)
        except BaseException:
            self._projector.forget()
            self._restore()
            raise

    def _take(self, events: Sequence[Event]) -> None:
        seq, hash = self.seq, self.hash
        bars: list[tuple[int, Bar]] = []
        began = self._bar_seq
        for event in events:
            seq += 1
            hash = link(hash, event.seq, event.ord, event.boot, event)
            if event.seq != seq or event.hash != hash:
                raise JournalError(
                    f"event {event.seq}: expected the one after {seq - 1}, by number and hash", seq
                )
            values = decode(event.kind, event.payload)
            row = self._arrived(event, values)
            if row is not None:
                if self._books.row is not None:
                    bars.append((began, self._books.bar()))
                began = seq
                self._books.arrive(self._books.row_of(row))
            elif not isinstance(values, (ev.Market, ev.Timer)):
                self._books.take(values)
            self._extras.add(event, values, -1 if self._books.row is None else self._books.row.row)
        if self._books.row is not None:
            bars.append((began, self._books.bar()))
        self._projector.add(events)
        with self._db:
            self._projector.write(self._db)
            self._extras.write(self._db)
            self._put_bars(bars)
            self.seq, self.hash, self._bar_seq = seq, hash, began
            self._keep()
        self._row = self._books.row

    def _arrived(self, event: Event, values: Any) -> int | None:
        """The row an input brought; None where it brought none."""
        if self._grid is None:
            return values.last if isinstance(values, ev.Market) else None
        return self._grid.arrived(event.ts) if ev.moves_feed(values) else None

    def read(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[Any]:
        """Rows of a query, on a connection that cannot write; from any thread.

        Raises
        ------
        apsw.Error
            The view was closed or discarded meanwhile, or the query is wrong.
        """
        with self._reader() as reader:
            return reader.execute(sql, parameters).fetchall()

    def close(self) -> None:
        """Close every connection."""
        with self._guard:
            self._closed = True
            for reader in self._idle:
                reader.close()
            self._idle = []
        self._db.close()

    @contextmanager
    def _reader(self) -> Iterator[apsw.Connection]:
        with self._guard:
            reader = self._idle.pop() if self._idle else None
        reader = reader or _connection(self.path, apsw.SQLITE_OPEN_READONLY)
        try:
            yield reader
        except BaseException:
            reader.close()
            raise
        with self._guard:
            if len(self._idle) < READERS and not self._closed:
                self._idle.append(reader)
                return
        reader.close()

    def _put_bars(self, bars: Sequence[tuple[int, Bar]]) -> None:
        rows, agents, prices = [], [], []
        for began, bar in bars:
            # The newest bar may go on: what it is worth half way is no peak of the book's.
            before, self._peak = self._peak, max(self._peak, bar.equity)
            worths = [lots * mark * tv for lots, mark, tv in zip(bar.lots, bar.marks, self._tv, strict=True)]
            money = (bar.equity, bar.cash, bar.treasury, bar.traded, bar.fees, bar.slippage, self._peak)
            exposure = (sum(map(abs, worths)), sum(worths))
            rows.append((bar.row.row, began, bar.row.time, bar.state, *money, *exposure, bar.breaches))
            agents += [(agent, bar.row.row, equity) for agent, equity in enumerate(bar.funded) if equity]
            prices.append((bar.row.row, _ints(bar.row.close), _ints(bar.row.price)))
        if bars:
            self._peak = before
        db = self._db
        db.executemany("INSERT OR REPLACE INTO bar VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        db.executemany("DELETE FROM agent_bar WHERE bar = ?", [(row[0],) for row in rows])
        db.executemany("INSERT INTO agent_bar VALUES(?, ?, ?)", agents)
        db.executemany("INSERT OR REPLACE INTO price VALUES(?, ?, ?)", prices)

    def _keep(self) -> None:
        extras = self._extras
        round_now = (extras.number, extras.ready, extras.funded, extras.moved, extras.state, extras.command)
        place = (self.seq, self.hash, self._bar_seq, self._peak, round_now, self._books.to_plain())
        self._put("place", plain.dump(place))

    def _restore(self) -> None:
        self.seq, self.hash, self._bar_seq, self._peak, now, books = plain.load(self._meta("place"))
        extras = self._extras = view_tables.Extras()
        extras.number, extras.ready, extras.funded, extras.moved, extras.state, extras.command = now
        self._books.restore(books, self._row)
        self._row = self._books.row

    def _put(self, key: str, value: bytes) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES(?, ?)", (key, value))

    def _meta(self, key: str) -> bytes:
        rows = self._db.execute("SELECT v FROM meta WHERE k = ?", (key,)).fetchall()
        if not rows:
            raise DataError(f"{self.path}: meta.{key} is missing")
        value: Any = rows[0][0]
        return bytes(value)


def ints_of(data: bytes) -> tuple[int, ...]:
    """The numbers of a column of 64-bit integers."""
    return struct.unpack(f"<{len(data) // 8}q", data)


def _ints(values: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(values)}q", *values)


def _connection(path: Path, flags: int) -> apsw.Connection:
    # A view may be lost at any time, so nothing waits for the disk.
    connection = apsw.Connection(str(path), flags=flags)
    connection.set_busy_timeout(2_000)
    if not flags & apsw.SQLITE_OPEN_READONLY:
        for pragma in ("journal_mode=WAL", "synchronous=OFF"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection
