"""A checksum for every page of a journal that was closed: what changes while nobody has it open is named."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from quantrl.live.chain import Head
from quantrl.live.storage import Storage
from quantrl.live.told import told

PAGE = 4096
_LOG_HEAD, _FRAME = 32, PAGE + 24
LARGEST = 256 * 1024 * 1024
_SUFFIX = ".sums"
_HEAD = struct.Struct("<8sqq32sI")
_MAGIC = b"QJSUMS1\n"


def write(storage: Storage, name: str, head: Head) -> None:
    """Write the checksums of a file; one over 256 MiB gets none, so that closing stays quick."""
    if (storage.folder / name).stat().st_size > LARGEST:
        return
    sums = list(_sums(storage, name))
    body = _HEAD.pack(_MAGIC, head.seq, head.ord, head.hash, len(sums)) + struct.pack(f"<{len(sums)}I", *sums)
    storage.write_atomic(name + _SUFFIX, body + struct.pack("<I", zlib.crc32(body)))


def forget(storage: Storage) -> None:
    """Remove checksums: the file is about to change."""
    for name in storage.names(_SUFFIX):
        storage.remove(name)


def damaged(storage: Storage, name: str) -> str:
    """The first page that is not as it was when the journal was closed; empty where all are, or nothing is known."""
    if not storage.exists(name + _SUFFIX):
        return ""
    data = storage.read(name + _SUFFIX)
    body, end = data[:-4], data[-4:]
    if len(data) < _HEAD.size + 4 or struct.pack("<I", zlib.crc32(body)) != end:
        return f"{name}{_SUFFIX}: its own checksum does not fit"
    magic, _, _, _, count = _HEAD.unpack_from(body)
    if magic != _MAGIC or len(body) != _HEAD.size + 4 * count:
        return f"{name}{_SUFFIX}: expected {count} checksums in {len(body)} bytes"
    stored = struct.unpack_from(f"<{count}I", body, _HEAD.size)
    found = list(_sums(storage, name))
    for page, (was, now) in enumerate(zip(stored, found, strict=False), 1):
        if was != now:
            return f"page {page}: its checksum is {now:08x}, it was {was:08x} when the journal was closed"
    if len(found) != count:
        return f"page {min(len(found), count) + 1}: {count} pages expected, {len(found)} found"
    return ""


def log_damaged(storage: Storage, name: str, accepted: int) -> str:
    """Whether commits lie in the log behind the frame SQLite stopped at; empty where none do.

    Parameters
    ----------
    storage : Storage
    name : str
        Of the database.
    accepted : int
        Frames that SQLite takes from the log.

    Notes
    -----
    A crash leaves at most one unfinished transaction behind the good ones, because each is synced before the next
    begins. Two ends of transactions there mean that a synced one was damaged. In the last one nothing can be told
    from an unfinished write.
    """
    log = f"{name}-wal"
    if not storage.exists(log):
        return ""
    data = storage.read(log)
    salts = data[16:24]
    starts = range(_LOG_HEAD + accepted * _FRAME, len(data) - _FRAME + 1, _FRAME)
    ends = [at for at in starts if data[at + 8 : at + 16] == salts and data[at + 4 : at + 8] != bytes(4)]
    return (
        f"log: frame {accepted + 1} or one soon after is damaged: commits follow it" if len(ends) > 1 else ""
    )


def _sums(storage: Storage, name: str) -> Iterator[int]:
    with told(storage.folder / name), (storage.folder / name).open("rb") as stream:
        while page := stream.read(PAGE):
            yield zlib.crc32(page)
