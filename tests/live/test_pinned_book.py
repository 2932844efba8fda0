"""What the small book does, to the byte. A change of it needs a sentence in the commit; the new digest is in the failure.

Its identity and its config are left out: they change with every new key. What is left is integers that were rounded from
floats at 1e-9, far above the last bit in which platforms may differ.
"""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

from live.gates.book import BARS, BOOK, lived
from quantrl.live import events as ev

EVENTS = 2_532
DIGEST = "e47c9a0992f9dc63f0a036b57711504e12dc69fc7c287c1409973d1e7088efb4"


def test_the_small_book_does_what_it_did(tmp_path: Path) -> None:
    whole = lived(tmp_path / "book", BOOK.panel, BARS - 1)
    found = [event for event in whole if event[0] != ev.KIND_OF[ev.Config]]
    digest = hashlib.sha256()
    for kind, ts, agent, cause, payload in found:
        digest.update(struct.pack("<qqqqI", kind, ts, agent, cause, len(payload)) + payload)
    assert (len(found), digest.hexdigest()) == (EVENTS, DIGEST)
