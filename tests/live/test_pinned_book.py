"""What two small books do, to the byte. A change of one needs a sentence in the commit; the new digest is in the failure.

Their identity and config are left out: they change with every new key. What is left is integers that were rounded from
floats at 1e-9, far above the last bit in which platforms may differ.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from pathlib import Path

import pytest

from live import tick_books
from live.gates.book import BARS, BOOK, content, lived
from quantrl.live import events as ev
from quantrl.live.config import PaperConfig

EVENTS = 2_532
DIGEST = "e47c9a0992f9dc63f0a036b57711504e12dc69fc7c287c1409973d1e7088efb4"
TICK_EVENTS = 2_317
TICK_DIGEST = "122aae145c176c906ecdb74ec65bb0d2ba417955cdfdfd2aa3e457a78881a1ea"


def digested(found: Iterable[tuple[int, int, int, int, bytes]]) -> tuple[int, str]:
    """How many events, without the config's, and one digest of them."""
    count, digest = 0, hashlib.sha256()
    for kind, ts, agent, cause, payload in found:
        if kind != ev.KIND_OF[ev.Config]:
            count += 1
            digest.update(struct.pack("<qqqqI", kind, ts, agent, cause, len(payload)) + payload)
    return count, digest.hexdigest()


def test_the_small_book_does_what_it_did(tmp_path: Path) -> None:
    assert digested(lived(tmp_path / "book", BOOK.panel, BARS - 1)) == (EVENTS, DIGEST)


def test_the_small_book_on_order_books_does_what_it_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PaperConfig, "book_id", lambda config, *digests: bytes(16))
    with tick_books.make(tmp_path / "book", tick_books.synthetic(venue=tick_books.RESTS)) as daemon:
        daemon.run()
        assert digested(content(daemon.journal)) == (TICK_EVENTS, TICK_DIGEST)
