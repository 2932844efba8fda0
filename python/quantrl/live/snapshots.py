"""States kept so that a start need not fold every event: a cache, never the truth."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import Any

from quantrl.errors import DataError, QuantrlError, StorageError
from quantrl.live import plain
from quantrl.live.storage import Storage

KEPT = 3
VERSION = 1
SUFFIX = ".snap"
_MAGIC = b"QSN1"
_HEAD = struct.Struct("<4sIqq32sQ")
_SHA = 32


@dataclass(frozen=True)
class Snapshot:
    """A state and the place in the journal it belongs to.

    Parameters
    ----------
    name : str
        Of its file.
    seq, ord : int
        Head of the journal.
    content_digest : bytes
        Of the content up to there.
    state : plain value
    """

    name: str
    seq: int
    ord: int
    content_digest: bytes
    state: Any


class Snapshots:
    """Snapshots of one book.

    Parameters
    ----------
    storage : Storage
        A folder for them alone.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.damaged: dict[str, str] = {}

    def write(self, seq: int, ord: int, state: Any, content_digest: bytes) -> str:
        """Keep a state, durably, and drop all but the newest 3; the name of its file.

        Raises
        ------
        DataError
            A state that is not plain.
        StorageError
            The disk refuses; older snapshots are still there.
        """
        body = plain.dump(state)
        data = _HEAD.pack(_MAGIC, VERSION, seq, ord, content_digest, len(body)) + body
        name = f"{seq:020d}{SUFFIX}"
        self._storage.write_atomic(name, data + hashlib.sha256(data).digest())
        for old in (*self._storage.names(SUFFIX)[:-KEPT], *self._storage.names(".tmp")):
            self._storage.remove(old)
        return name

    def sha256(self, name: str) -> bytes:
        """Of a snapshot's file, as the journal notes it."""
        return hashlib.sha256(self._storage.read(name)).digest()

    def newest_good(self, head_seq: int | None = None) -> Snapshot | None:
        """The newest that is whole and not past `head_seq`; None where there is none.

        Which ones were not whole, and why, is in `damaged` afterwards.
        """
        self.damaged = {}
        for name in reversed(self._storage.names(SUFFIX)):
            try:
                found = self.read(name)
            except (DataError, StorageError) as error:
                self.damaged[name] = str(error)
                continue
            if head_seq is None or found.seq <= head_seq:
                return found
            self.damaged[name] = f"{name}: at seq {found.seq}, past the journal's end at {head_seq}"
        return None

    def read(self, name: str) -> Snapshot:
        """One snapshot.

        Raises
        ------
        DataError
            Damaged, or of another version.
        """
        data = self._storage.read(name)
        if len(data) < _HEAD.size + _SHA or hashlib.sha256(data[:-_SHA]).digest() != data[-_SHA:]:
            raise DataError(f"{name}: damaged: the checksum of its {len(data)} bytes does not fit")
        magic, version, seq, ord, content, size = _HEAD.unpack_from(data)
        if magic != _MAGIC or version != VERSION or size != len(data) - _HEAD.size - _SHA:
            raise DataError(f"{name}: expected a snapshot of version {VERSION}, got {version}")
        try:
            state = plain.load(data[_HEAD.size : -_SHA])
        except QuantrlError as error:
            raise DataError(f"{name}: {error}") from None
        return Snapshot(name, seq, ord, content, state)
