"""D5: the whole check of a journal beside a scan that only hashes its rows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.live_rows.durable import BOOK, group_of
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.typing import FloatArray

GROUPS = {"full": 3_907, "small": 20}
GROUP = 256
OURS, BARE = "verify", "scan and SHA-256"


class _Kept:
    """One journal of many groups."""

    def __init__(self, path: Path, groups: int) -> None:
        from quantrl.live.journal import Journal

        self.path = path
        self.events = groups * GROUP
        with Journal.create(self.path, BOOK) as journal:
            for number in range(groups):
                journal.append(group_of(number))
                journal.commit()

    def verified(self) -> FloatArray:
        """Chain, tables, sums and identities; the head's hash."""
        from quantrl.live import inspection

        found = inspection.verify(self.path)
        assert found.ok, found.reason
        assert found.head is not None
        return _numbers(found.head.hash)

    def scanned(self) -> FloatArray:
        """Every row read and hashed, nothing asked."""
        import apsw

        from quantrl.live.chain import genesis, link
        from quantrl.live.journal import NAME
        from quantrl.live.record import COLUMNS, Event

        hash = genesis(BOOK).hash
        db = apsw.Connection(str(self.path / NAME), flags=apsw.SQLITE_OPEN_READONLY)
        for row in db.execute(f"SELECT {COLUMNS} FROM event ORDER BY seq"):
            event = Event(*row)
            hash = link(hash, event.seq, event.ord, event.boot, event)
        db.close()
        return _numbers(hash)


def _numbers(hash: bytes) -> FloatArray:
    return np.frombuffer(hash, dtype=np.uint8).astype(np.float64)


@contextmanager
def case(size: str) -> Iterator[RateCase]:
    """The case at a size, while its files are there."""
    with tempfile.TemporaryDirectory() as keep:
        yield _case(_Kept(Path(keep) / "book", GROUPS[size]), once=size == "full")


def _case(kept: _Kept, *, once: bool) -> RateCase:
    return RateCase(
        "D5",
        f"full verify of {kept.events:,} events",
        "events",
        (Contender(OURS, kept.verified, kept.events), Contender(BARE, kept.scanned, kept.events)),
        (Goal(OURS, 1e6 / 30), Goal(OURS, 1 / 25, BARE)),
        (Check("head", kept.verified, kept.scanned, 0.0),),
        once=once,
    )
