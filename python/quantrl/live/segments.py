"""Rows of pushed feeds, kept before anything refers to them: records in files that only grow."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from quantrl.errors import DataError, JournalError
from quantrl.live.storage import Appender, Storage

ROLL_BYTES = 64 * 1024 * 1024
RECORD_LIMIT = 16 * 1024 * 1024
_SUFFIX, _SHA = ".seg", ".sha256"
_HEAD = struct.Struct("<IIQ")
_SEQ = struct.Struct("<Q")


class Record(NamedTuple):
    """One record: its number and its bytes."""

    seq: int
    payload: bytes


class Segments:
    """The records of one feed, numbered 1, 2, ...; one process writes them.

    Parameters
    ----------
    storage : Storage
        A folder for this feed alone.
    referenced : int
        Last record the journal refers to; 0 = none.
    roll_bytes : int
        A file is sealed when it would grow beyond this.

    Raises
    ------
    JournalError
        A record up to `referenced` is missing or damaged. A torn end after it is cut.

    Notes
    -----
    On the disk a record is ``[len u32][crc32 u32][seq u64][payload]``, the crc over seq and payload. `append` returns
    after the data is synced, so that a commit may refer to it.
    """

    def __init__(self, storage: Storage, referenced: int = 0, *, roll_bytes: int = ROLL_BYTES) -> None:
        self._storage = storage
        self._roll_bytes = roll_bytes
        self._names = storage.names(_SUFFIX)
        self.last = self._cut_torn(referenced)
        if self.last < referenced:
            raise JournalError(
                f"segments {storage.folder.name}: expected records up to {referenced}, got {self.last}"
            )
        self._out: Appender | None = None

    def append(self, payloads: Iterable[bytes]) -> int:
        """Add records, durably; the number of the last one.

        Raises
        ------
        DataError
            A payload over 16 MiB; nothing is added.
        StorageError
            The disk refuses: open the segments again.
        """
        records: list[bytes] = []
        for payload in payloads:
            if len(payload) > RECORD_LIMIT:
                raise DataError(f"segments: expected at most {RECORD_LIMIT} bytes, got {len(payload)}")
            records.append(_record(self.last + len(records) + 1, payload))
        data = b"".join(records)
        out = self._writer(len(data))
        out.append(data)
        out.sync()
        self.last += len(records)
        return self.last

    def read(self, first: int, last: int) -> Iterator[Record]:
        """Records of a range, both ends included.

        Raises
        ------
        JournalError
            One is missing or damaged; a sealed file is not as it was sealed.
        """
        due = first
        for name, start, end in self._files():
            if end <= first or start > last:
                continue
            data = self._storage.read(name)
            self._check_seal(name, data)
            for record in _parsed(name, data, start).records:
                if first <= record.seq <= last:
                    yield record
                    due = record.seq + 1
        if due <= last:
            raise JournalError(f"segments {self._storage.folder.name}: record {due} is missing or damaged")

    def close(self) -> None:
        """Give the open file back."""
        if self._out:
            self._out.close()
            self._out = None

    def _writer(self, coming: int) -> Appender:
        if self._out is None and self._names and not self._storage.exists(self._names[-1] + _SHA):
            self._out = self._storage.appender(self._names[-1])
        if self._out and self._out.size and self._out.size + coming > self._roll_bytes:
            self._seal()
        if self._out is None:
            name = f"{self.last + 1:020d}{_SUFFIX}"
            self._out = self._storage.appender(name)
            self._names.append(name)
        return self._out

    def _seal(self) -> None:
        self.close()
        name = self._names[-1]
        digest = hashlib.sha256(self._storage.read(name)).hexdigest()
        self._storage.write_atomic(name + _SHA, digest.encode())

    def _check_seal(self, name: str, data: bytes) -> None:
        if self._storage.exists(name + _SHA):
            sealed = self._storage.read(name + _SHA, 64)
            if sealed.decode("ascii", "replace") != hashlib.sha256(data).hexdigest():
                raise JournalError(f"segments: {name} is not as it was sealed: its sha256 differs")

    def _files(self) -> list[tuple[str, int, int]]:
        """Name, first record and the first of the next file."""
        starts = [_first(name) for name in self._names]
        return list(zip(self._names, starts, [*starts[1:], self.last + 1], strict=True))

    def _cut_torn(self, referenced: int) -> int:
        """Cut what is not a whole record off the end of the last file; the last good record."""
        if not self._names:
            return 0
        name, start = self._names[-1], _first(self._names[-1])
        data = self._storage.read(name)
        parsed = _parsed(name, data, start)
        last = start + len(parsed.records) - 1
        if parsed.size < len(data):
            if last < referenced:
                raise JournalError(
                    f"segments: {name}: record {last + 1} is damaged, and the journal refers to {referenced}"
                )
            self._storage.cut(name, parsed.size)
        return last


class _Parsed(NamedTuple):
    records: list[Record]
    size: int


def _record(seq: int, payload: bytes) -> bytes:
    crc = zlib.crc32(payload, zlib.crc32(_SEQ.pack(seq)))
    return _HEAD.pack(len(payload), crc, seq) + payload


def _parsed(name: str, data: bytes, first: int) -> _Parsed:
    """Whole records from the start, and how many bytes they take."""
    records: list[Record] = []
    at = 0
    while at + _HEAD.size <= len(data):
        size, crc, seq = _HEAD.unpack_from(data, at)
        payload = data[at + _HEAD.size : at + _HEAD.size + size]
        good = size <= RECORD_LIMIT and len(payload) == size and seq == first + len(records)
        if not good or zlib.crc32(payload, zlib.crc32(_SEQ.pack(seq))) != crc:
            break
        records.append(Record(seq, payload))
        at += _HEAD.size + size
    return _Parsed(records, at)


def _first(name: str) -> int:
    digits = name.removesuffix(_SUFFIX)
    if len(digits) != 20 or not digits.isdecimal():
        raise JournalError(f"segments: {name}: expected 20 digits, the number of its first record")
    return int(digits)
