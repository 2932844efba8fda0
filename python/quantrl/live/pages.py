"""A checksum for every page of a journal that was closed: what changes while nobody has it open is named."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from quantrl.live.chain import Head
from quantrl.live.storage import Storage, told

PAGE = 4096
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


def _sums(storage: Storage, name: str) -> Iterator[int]:
    with told(storage.folder / name), (storage.folder / name).open("rb") as stream:
        while page := stream.read(PAGE):
            yield zlib.crc32(page)
