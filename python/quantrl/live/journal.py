"""The book's one truth: events in order, hashed into a chain, in one SQLite file with one connection."""

from __future__ import annotations

import errno
import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import apsw

from quantrl.errors import (
    ConfigError,
    DataError,
    InvariantError,
    JournalError,
    QuantrlError,
    StorageError,
)
from quantrl.live import pages
from quantrl.live.chain import CONTENT_FIELDS, LINK_FIELDS, Head, content_link, content_start, genesis, sha256
from quantrl.live.events import FIRST_LIFECYCLE, KINDS
from quantrl.live.project import Projector, create_tables
from quantrl.live.record import Event, placed
from quantrl.live.sqlite import connect, translate, translated
from quantrl.live.storage import DISK, Disk, Storage

NAME = "journal.db"
FORMAT = "1"
_CHUNK = 1_000
EVENT_TABLE = (
    "CREATE TABLE event(seq INTEGER PRIMARY KEY, ord INTEGER UNIQUE, boot INT, ts INT, kind INT, agent INT, cause INT,"
    " payload BLOB, hash BLOB) STRICT"
)
_COLUMNS = "kind, ts, agent, cause, payload, seq, ifnull(ord, 0), boot, hash"
_CONTENT_MARK = "content"


class Journal:
    """A journal open for one process. Made by `create` or `open`; closed by `close` or a ``with`` block.

    Notes
    -----
    `append` works in memory and `commit` makes one transaction of everything appended and of what it changes in the
    tables. After any `StorageError` this object takes nothing more: open the journal again and trust what is there;
    a commit that failed may have landed.
    """

    def __init__(self, connection: apsw.Connection, storage: Storage, read_only: bool) -> None:
        self._db = connection
        self._storage = storage
        self._read_only = read_only
        self._broken = ""
        self._rows: list[tuple[Any, ...]] = []
        self._projector = Projector()
        self._meta = dict(connection.execute("SELECT k, v FROM meta"))
        if self._meta.get("format") != FORMAT:
            raise JournalError(f"meta.format: expected {FORMAT}, got {self._meta.get('format')!r}")
        self.book_id = bytes.fromhex(self._meta["book_id"])
        self.committed, last_boot = self._last()
        self.boot = last_boot if read_only else last_boot + 1
        self._seq, self._ord, self._hash = self.committed
        self._content = self._content_at_head()
        self.wal_pages = 0
        connection.set_wal_hook(self._counted)

    @staticmethod
    def create(
        folder: str | Path,
        book_id: bytes,
        meta: Mapping[str, str] | None = None,
        *,
        disk: Disk = DISK,
        vfs: str | None = None,
    ) -> Journal:
        """A new journal in a folder, made when absent.

        Parameters
        ----------
        folder : str or Path
        book_id : bytes
            Starts the chain.
        meta : mapping of str to str, optional
            Kept beside the events; ``format``, ``book_id`` and ``content`` are taken.
        disk, vfs
            What file work goes through, ours and SQLite's.

        Raises
        ------
        ConfigError
            There is a journal already, or the folder can be written by anyone.
        StorageError
            The disk refuses.
        """
        storage = Storage(folder, disk)
        storage.make()
        if storage.exists(NAME):
            raise ConfigError(f"journal: expected none yet in {storage.folder}, there is {NAME}")
        # Under another name until it is whole: whoever finds `NAME` finds all tables.
        aside = f"{NAME}.new"
        for name in (aside, f"{aside}-wal", f"{aside}-journal"):
            storage.remove(name)
        storage.create(aside)
        with translated():
            connection = connect(storage.folder / aside, vfs)
            with connection:
                connection.execute("CREATE TABLE meta(k TEXT PRIMARY KEY, v TEXT) STRICT")
                connection.execute(EVENT_TABLE)
                create_tables(connection)
                start = f"0:{content_start(book_id).hex()}"
                own = {"format": FORMAT, "book_id": book_id.hex(), _CONTENT_MARK: start}
                rows = tuple({**(meta or {}), **own}.items())
                connection.executemany("INSERT INTO meta VALUES(?, ?)", rows)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            connection.close()
        storage.remove(f"{aside}-wal")
        storage.rename(aside, NAME)
        return Journal.open(folder, disk=disk, vfs=vfs)

    @staticmethod
    def open(
        folder: str | Path, read_only: bool = False, *, disk: Disk = DISK, vfs: str | None = None
    ) -> Journal:
        """The journal of a folder, after whatever happened to it.

        Parameters
        ----------
        folder : str or Path
        read_only : bool
            Change nothing on the disk, not even the log.
        disk, vfs
            As in `create`.

        Raises
        ------
        ConfigError
            No journal there, SQLite is too old, or the folder can be written by anyone.
        AlreadyRunning
            Another process has it open.
        JournalError
            It cannot be read.
        StorageError
            The disk refuses.
        """
        storage = Storage(folder, disk)
        storage.check()
        if not storage.exists(NAME):
            raise ConfigError(f"journal: expected {NAME} in {storage.folder}, there is none")
        if not read_only:
            pages.forget(storage)
        with translated():
            connection = connect(storage.folder / NAME, vfs)
            try:
                return Journal(connection, storage, read_only)
            except BaseException:
                connection.close()
                raise

    def append(self, events: Iterable[Event]) -> list[Event]:
        """Give events their place in the chain; nothing is on the disk before `commit`.

        Parameters
        ----------
        events : iterable of Event
            As made by `event`.

        Returns
        -------
        list of Event
            With seq, ord, boot and hash.

        Raises
        ------
        InvariantError
            A number beyond 64 bits.
        DataError
            An unknown kind, or a payload that cannot be decoded. Nothing is appended.
        """
        self._usable(writing=True)
        seq, ord, before, content, boot = self._seq, self._ord, self._hash, self._content, self.boot
        result: list[Event] = []
        rows: list[tuple[Any, ...]] = []
        try:
            # `link` and `content_link` written out: this loop is what an event costs.
            for e in events:
                kind, ts, agent, cause, payload = e.kind, e.ts, e.agent, e.cause, e.payload
                size = len(payload)
                seq += 1
                here = 0
                if kind not in KINDS:
                    raise DataError(f"event: kind: expected one of the table, got {kind}")
                if kind < FIRST_LIFECYCLE:
                    here = ord = ord + 1
                    content = sha256(
                        content + CONTENT_FIELDS(ord, ts, kind, agent, cause, size) + payload
                    ).digest()
                fields = LINK_FIELDS(seq, here, boot, ts, kind, agent, cause, size)
                before = sha256(before + fields + payload).digest()
                result.append(placed(kind, ts, agent, cause, payload, seq, here, boot, before))
                rows.append((seq, here or None, boot, ts, kind, agent, cause, payload, before))
        except struct.error as error:
            raise InvariantError(f"event: ts, agent or cause is beyond 64 bits: {error}") from None
        self._projector.add(result)
        self._rows += rows
        self._seq, self._ord, self._hash, self._content = seq, ord, before, content
        return result

    def commit(self) -> Head:
        """Make everything appended durable, in one transaction; the head it is durable up to.

        Raises
        ------
        InvariantError
            The tables refuse a row: nothing was written, and what was appended is dropped.
        StorageError
            The disk refuses; whether the transaction landed is known after opening the journal again.
        """
        self._usable(writing=True)
        if not self._rows:
            return self.committed
        db = self._db
        try:
            db.execute("BEGIN IMMEDIATE")
            db.executemany("INSERT INTO event VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)", self._rows)
            self._projector.write(db)
            db.execute("COMMIT")
        except apsw.ConstraintError as error:
            db.execute("ROLLBACK")
            first = self.committed.seq + 1
            self._broken = f"events from {first} on break a rule of the tables: {error}"
            raise InvariantError(f"commit: {self._broken}") from error
        except Exception as error:
            raise self._failed("commit", error) from error
        self._rows = []
        self.committed = Head(self._seq, self._ord, self._hash)
        return self.committed

    def checkpoint(self) -> None:
        """Move the log into the database, between cycles; nothing may be waiting for `commit`.

        Raises
        ------
        StorageError
            The disk refuses. What was committed stays committed.
        """
        self._checkpoint("RESTART")

    @property
    def head(self) -> Head:
        """The end of the chain, with what waits for `commit`."""
        return Head(self._seq, self._ord, self._hash)

    def content_digest(self) -> bytes:
        """Digest of all content events up to the head; the same however often the daemon was restarted."""
        return self._content

    def meta(self, key: str) -> str | None:
        """A value given to `create`."""
        return self._meta.get(key)

    def events(self, from_seq: int = 1, to_seq: int | None = None) -> Iterator[Event]:
        """Committed events of a range of seq, both ends included; a gap or an unreadable row ends in `JournalError`."""
        self._usable()
        last = self.committed.seq if to_seq is None else min(to_seq, self.committed.seq)
        for start in range(max(from_seq, 1), last + 1, _CHUNK):
            end = min(start + _CHUNK - 1, last)
            with translated():
                query = f"SELECT {_COLUMNS} FROM event WHERE seq BETWEEN ? AND ? ORDER BY seq"
                rows: list[Any] = self._db.execute(query, (start, end)).fetchall()
            if len(rows) != end - start + 1:
                there = {row[5] for row in rows}
                missing = next(seq for seq in range(start, end + 1) if seq not in there)
                raise JournalError(f"event {missing}: expected, but there is none", missing)
            for row in rows:
                yield Event(*row)

    def rows(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[Any]:
        """Rows of a query over the committed tables."""
        self._usable()
        with translated():
            return self._db.execute(sql, parameters).fetchall()

    @property
    def connection(self) -> apsw.Connection:
        """The one connection, for checks and backups."""
        return self._db

    def close(self, *, page_sums: bool = True) -> None:
        """Checkpoint and close. What was appended and not committed is dropped.

        Parameters
        ----------
        page_sums : bool
            Also write a checksum of every page, so that damage done while it was closed is found and named.
        """
        clean = not (self._read_only or self._broken)
        try:
            if clean:
                self._rows = []
                self._checkpoint("TRUNCATE")
        finally:
            self.abandon()
        if clean and page_sums:
            pages.write(self._storage, NAME, self.committed)

    def abandon(self) -> None:
        """Close without another write, as after an error; what is on the disk stays as it is."""
        self._broken = self._broken or "closed"
        self._db.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.abandon()

    def _checkpoint(self, mode: str) -> None:
        self._usable(writing=True)
        if self._rows:
            raise InvariantError(f"checkpoint: {len(self._rows)} events wait for commit")
        mark = f"{self.committed.ord}:{self._content.hex()}"
        db = self._db
        try:
            if mark != self._meta[_CONTENT_MARK]:
                db.execute("UPDATE meta SET v = ? WHERE k = ?", (mark, _CONTENT_MARK))
                self._meta[_CONTENT_MARK] = mark
            busy, _, _ = db.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()[0]
        except Exception as error:
            raise self._failed("checkpoint", error) from error
        if busy:
            raise InvariantError("checkpoint: a query on this connection is not finished")
        self.wal_pages = 0

    def _last(self) -> tuple[Head, int]:
        found: list[Any] = self._db.execute(
            "SELECT seq, boot, hash, (SELECT ifnull(max(ord), 0) FROM event) FROM event ORDER BY seq DESC LIMIT 1"
        ).fetchall()
        for seq, boot, hash, ord in found:
            return Head(seq, ord, hash), boot
        return genesis(self.book_id), 0

    def _content_at_head(self) -> bytes:
        """The digest kept at the last checkpoint, and the events since."""
        ord, _, digest = self._meta[_CONTENT_MARK].partition(":")
        content = bytes.fromhex(digest)
        query = f"SELECT {_COLUMNS} FROM event WHERE ord > ? ORDER BY ord"
        rows: Iterator[Any] = iter(self._db.execute(query, (int(ord),)))
        for row in rows:
            content = content_link(content, row[6], Event(*row))
        return content

    def _counted(self, connection: apsw.Connection, name: str, count: int) -> int:
        self.wal_pages = count
        return 0

    def _usable(self, writing: bool = False) -> None:
        if self._broken:
            raise StorageError(f"journal: no longer usable ({self._broken}); open it again")
        if writing and self._read_only:
            raise StorageError("journal: opened to be read only", errno.EROFS)

    def _failed(self, doing: str, error: Exception) -> QuantrlError:
        self._broken = f"{doing} failed: {error}"
        told = translate(error)
        return told if isinstance(told, StorageError) else StorageError(f"{doing}: {error}", errno.EIO)
