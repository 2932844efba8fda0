"""How a journal's database is opened, and what SQLite's errors mean."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from quantrl.errors import AlreadyRunning, ConfigError, JournalError, QuantrlError, StorageError

OLDEST_SQLITE = (3, 51, 3)
# In this order: in WAL mode the lock comes first, so that the index of the log is private memory.
PRAGMAS: tuple[tuple[str, str, object], ...] = (
    ("locking_mode", "EXCLUSIVE", "exclusive"),
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "FULL", 2),
    ("mmap_size", "0", 0),
    ("wal_autocheckpoint", "0", 0),
)


def connect(path: Path, vfs: str | None) -> apsw.Connection:
    """An existing database, opened with `PRAGMAS`; nothing is checkpointed when it is closed.

    Raises
    ------
    ConfigError
        SQLite is too old, or does not take a setting.
    """
    found = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
    if found < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        raise ConfigError(f"SQLite: expected {oldest} or later, got {apsw.sqlite_lib_version()}")
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE, vfs=vfs)
    try:
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        for name, value, expected in PRAGMAS:
            connection.execute(f"PRAGMA {name}={value}").fetchall()
            ((got,),) = connection.execute(f"PRAGMA {name}").fetchall()
            if got != expected:
                raise ConfigError(f"PRAGMA {name}: expected {expected}, got {got}")
    except BaseException:
        connection.close()
        raise
    return connection


def translate(error: Exception) -> Exception:
    """What a SQLite error means here; other errors as they are."""
    if isinstance(error, apsw.FullError):
        return StorageError(f"journal: no space left ({error})", errno.ENOSPC)
    if isinstance(error, (apsw.BusyError, apsw.LockedError)):
        return AlreadyRunning(f"journal: another process has it open ({error})")
    if isinstance(error, (apsw.IOError, apsw.CantOpenError, apsw.ReadOnlyError, apsw.PermissionsError)):
        return StorageError(f"journal: {error}", errno.EIO)
    # Damaged pages also raise errors of other families, such as UnicodeDecodeError.
    if isinstance(error, (apsw.Error, ValueError, KeyError, TypeError)) and not isinstance(
        error, QuantrlError
    ):
        return JournalError(f"journal: a page cannot be read: {error}")
    return error


@contextmanager
def translated() -> Iterator[None]:
    """Turn what SQLite says into `translate` of it."""
    try:
        yield
    except Exception as error:
        told = translate(error)
        if told is error:
            raise
        raise told from error
