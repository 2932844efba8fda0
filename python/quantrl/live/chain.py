"""Two chains of hashes: over every event, and over content alone, which restarts do not change."""

from __future__ import annotations

import hashlib
import struct
from typing import NamedTuple

from quantrl.live.events import Event

FORMAT = b"quantrl/1"
LINK_FIELDS = struct.Struct("<qqqqqqqI").pack
CONTENT_FIELDS = struct.Struct("<qqqqqI").pack
sha256 = hashlib.sha256


class Head(NamedTuple):
    """The end of a journal: the last seq and ord (0 = none) and the hash of the chain."""

    seq: int
    ord: int
    hash: bytes


def genesis(book_id: bytes) -> Head:
    """Where a book's chain starts."""
    return Head(0, 0, sha256(FORMAT + book_id).digest())


def link(before: bytes, seq: int, ord: int, boot: int, event: Event) -> bytes:
    """The hash after an event; `ord` 0 for lifecycle."""
    e, payload = event, event.payload
    return sha256(
        before + LINK_FIELDS(seq, ord, boot, e.ts, e.kind, e.agent, e.cause, len(payload)) + payload
    ).digest()


def content_start(book_id: bytes) -> bytes:
    """The content digest of a book in which nothing has happened."""
    return sha256(FORMAT + b"/content" + book_id).digest()


def content_link(before: bytes, ord: int, event: Event) -> bytes:
    """The content digest after a content event."""
    e, payload = event, event.payload
    return sha256(
        before + CONTENT_FIELDS(ord, e.ts, e.kind, e.agent, e.cause, len(payload)) + payload
    ).digest()
