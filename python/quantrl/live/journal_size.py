"""How large a journal of given events is: what weeks of a book will take on the disk.

A row of ``event`` holds its payload, a hash of 32 bytes and the numbers beside it; its ord stands in an index once more;
some kinds make rows in the tables of `quantrl.live.project`. SQLite fills a page of 4,096 bytes but for what the next row
is too long for. The shares are those found by ``dbstat`` in journals of a million events.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quantrl.live import events
from quantrl.live.events import KIND_OF

EMPTY = 60_000
"""Bytes of a journal without events: one page for each table, and the format's own."""
ROW = 63
"""Bytes of a row of ``event`` beside its payload: 32 of the hash, 8 of the time, 3 each of ord, cause and seq, and heads."""
INDEX = 14
"""Bytes of its ord in the index, pages' room included."""
FILLED = 0.979
"""Part of a page that rows of ``event`` fill."""
TABLES: Mapping[type[Any], float] = {
    events.Intent: 1.0,
    events.Fill: 0.61,
    events.Posting: 0.73,
    events.Transfer: 0.73,
    events.Round: 0.09,
}
"""Bytes that a kind's rows take in the other tables, for each byte of its payloads."""


def journal_bytes(kinds: Mapping[int, tuple[int, int]]) -> int:
    """Bytes of ``journal.db`` with so many events of each kind.

    Parameters
    ----------
    kinds : mapping of kind to (count, bytes)
        Events, and the sum of their payloads.
    """
    shares = {KIND_OF[kind]: share for kind, share in TABLES.items()}
    total = float(EMPTY)
    for kind, (count, size) in kinds.items():
        total += (count * ROW + size) / FILLED + count * INDEX + size * shares.get(kind, 0.0)
    return round(total)
