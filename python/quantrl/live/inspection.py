"""Whether a journal says what it must, and its tables made again from its events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import apsw

from quantrl.errors import DataError, JournalError, LiveError, StorageError
from quantrl.live import pages
from quantrl.live.chain import Head, content_link, content_start, genesis, link
from quantrl.live.events import Event, decode, is_content
from quantrl.live.journal import NAME, Journal
from quantrl.live.project import TABLES, Projector, create_tables
from quantrl.live.sqlite import translate
from quantrl.live.storage import DISK, Disk, Storage

_REBUILT = "rebuilt"
_BATCH = 5_000


@dataclass(frozen=True)
class Report:
    """What was found.

    Parameters
    ----------
    ok : bool
    first_bad_seq : int
        0 where nothing is wrong or the damage is not in one event.
    reason : str
        Empty where nothing is wrong.
    events : int
        Events read.
    head : Head or None
        End of the good part.
    changed_rows : int
        Rows of the tables that differ from the events.
    """

    ok: bool
    first_bad_seq: int
    reason: str
    events: int
    head: Head | None
    changed_rows: int = 0


def verify(folder: str | Path, *, disk: Disk = DISK, vfs: str | None = None) -> Report:
    """Check everything a journal claims; nothing on the disk changes.

    Parameters
    ----------
    folder : str or Path
    disk, vfs
        As in `Journal.open`.

    Returns
    -------
    Report
        Damage is a report, not an error.

    Raises
    ------
    ConfigError
        No journal there.
    AlreadyRunning
        Another process has it open.
    """
    seen = _Walk()
    try:
        with Journal.open(folder, read_only=True, disk=disk, vfs=vfs) as journal:
            return _checked(journal, seen, Storage(folder, disk))
    except (JournalError, StorageError) as error:
        seq = getattr(error, "seq", 0)
        # Name the page too where a checksum knows it: SQLite alone says only that something is wrong.
        page = pages.damaged(Storage(folder, disk), NAME)
        return Report(False, seq, f"{error}; {page}" if page else str(error), seen.events, seen.head)


def rebuild(folder: str | Path, *, disk: Disk = DISK, vfs: str | None = None) -> int:
    """Make the tables again from the events; how many rows were different (expected: 0).

    Parameters
    ----------
    folder : str or Path
    disk, vfs
        As in `Journal.open`.

    Raises
    ------
    JournalError
        An event that cannot be read. Nothing has changed.
    """
    with Journal.open(folder, disk=disk, vfs=vfs) as journal:
        _project_again(journal, journal.events())
        changed = _differences(journal)
        if changed:
            connection = journal.connection
            with connection:
                for table in TABLES:
                    connection.execute(f"DELETE FROM main.{table}")
                    connection.execute(f"INSERT INTO main.{table} SELECT * FROM {_REBUILT}.{table}")
        journal.connection.execute(f"DETACH {_REBUILT}")
        return changed


class _Walk:
    """Follows the chain and remembers how far it is good."""

    def __init__(self) -> None:
        self.events = 0
        self.head: Head | None = None
        self.content = b""

    def along(self, journal: Journal) -> Iterator[Event]:
        """Every event of a journal, each checked before it is given.

        Raises
        ------
        JournalError
            The first event that is wrong, by its seq.
        """
        self.head = genesis(journal.book_id)
        self.content = content_start(journal.book_id)
        boot = 0
        for event in journal.events():
            self._check(event, boot)
            ord = self.head.ord + is_content(event.kind)
            if is_content(event.kind):
                self.content = content_link(self.content, ord, event)
            self.head = Head(event.seq, ord, event.hash)
            self.events += 1
            boot = event.boot
            yield event

    def _check(self, event: Event, boot: int) -> None:
        assert self.head is not None
        seq, ord = self.head.seq + 1, self.head.ord + is_content(event.kind)
        wrong = ""
        if event.seq != seq:
            wrong = f"expected seq {seq}, got {event.seq}"
        elif event.ord != (ord if is_content(event.kind) else 0):
            wrong = f"expected ord {ord}, got {event.ord}"
        elif event.boot < boot:
            wrong = f"boot: expected at least {boot}, got {event.boot}"
        elif event.cause < 0 or (event.ord and event.cause >= event.ord):
            wrong = f"cause: expected an earlier ord, got {event.cause}"
        elif link(self.head.hash, seq, event.ord, event.boot, event) != event.hash:
            wrong = "its hash does not follow from the one before"
        else:
            try:
                decode(event.kind, event.payload)
            except DataError as error:
                wrong = str(error)
        if wrong:
            raise JournalError(f"event {seq}: {wrong}", seq)


def _checked(journal: Journal, walk: _Walk, storage: Storage) -> Report:
    try:
        _project_again(journal, walk.along(journal))
    except LiveError:
        raise
    except Exception as error:
        raise translate(error) from error
    reason = pages.damaged(storage, NAME) or _log_check(journal, storage) or _quick_check(journal)
    changed = _differences(journal)
    if not reason and changed:
        reason = f"tables: {changed} rows differ from the events"
    if not reason and walk.content != journal.content_digest():
        reason = "meta.content: the content digest kept there does not follow from the events"
    return Report(not reason, 0, reason, walk.events, walk.head, changed)


def _log_check(journal: Journal, storage: Storage) -> str:
    frames, _ = journal.connection.wal_checkpoint("main", apsw.SQLITE_CHECKPOINT_NOOP)
    return pages.log_damaged(storage, NAME, max(frames, 0))


def _quick_check(journal: Journal) -> str:
    said = [row[0] for row in journal.rows("PRAGMA quick_check(1)")]
    return "" if said == ["ok"] else f"quick_check: {said[0]}"


def _project_again(journal: Journal, events: Iterator[Event]) -> None:
    """The tables of these events, in memory beside the stored ones."""
    connection = journal.connection
    connection.execute(f"ATTACH ':memory:' AS {_REBUILT}")
    create_tables(connection, _REBUILT)
    projector = Projector(_REBUILT)
    waiting: list[Event] = []
    for event in events:
        waiting.append(event)
        if len(waiting) == _BATCH:
            projector.add(waiting)
            projector.write(connection)
            waiting.clear()
    projector.add(waiting)
    projector.write(connection)


def _differences(journal: Journal) -> int:
    changed = 0
    for table in TABLES:
        stored, made = f"main.{table}", f"{_REBUILT}.{table}"
        query = (
            f"SELECT (SELECT count(*) FROM (SELECT * FROM {stored} EXCEPT SELECT * FROM {made})),"
            f" (SELECT count(*) FROM (SELECT * FROM {made} EXCEPT SELECT * FROM {stored})),"
            f" abs((SELECT count(*) FROM {stored}) - (SELECT count(*) FROM {made}))"
        )
        ((gone, missing, surplus),) = journal.rows(query)
        changed += max(gone, missing, surplus)
    return changed
