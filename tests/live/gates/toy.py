"""A small book with every persisted part and a peer that takes orders twice when told twice.

It is what the gates kill, cut and starve. `run` goes from whatever a folder holds to the end, so that one call is a
first start and every restart; `check` says what the folder holds. A larger workload offers the same two functions.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from quantrl.live import events as ev
from quantrl.live.inspection import verify
from quantrl.live.journal import NAME, Journal
from quantrl.live.segments import Segments
from quantrl.live.snapshots import Snapshots
from quantrl.live.storage import DISK, Disk, Storage

BOOK = b"toy"
START = 1_700_000_000_000_000_000
ROLL_BYTES = 1_200
RESERVE_BYTES = 4_096


@dataclass
class Surroundings:
    """What a run goes through.

    Parameters
    ----------
    disk, vfs
        As for `Journal.open`.
    acknowledged : callable
        Told the seq up to which events are durable.
    sabotage : str
        ``early``: sends before the commit; ``blind``: sends again without asking; ``random``: ids that no restart
        can find again; empty: none.
    """

    disk: Disk = DISK
    vfs: str | None = None
    acknowledged: Callable[[int], None] = lambda seq: None
    sabotage: str = ""


@dataclass
class Outcome:
    """What a folder holds: a digest that restarts do not change, the journal's last seq, and what is wrong."""

    digest: str
    seq: int
    problems: list[str] = field(default_factory=list)


class Workload(Protocol):
    """What the gates run."""

    def run(self, folder: Path, around: Surroundings) -> None:
        """From whatever the folder holds to the end."""

    def check(self, folder: Path, around: Surroundings) -> Outcome:
        """What the folder holds; changes nothing."""


@dataclass
class _State:
    cycles: int = 0
    rows: int = 0
    waiting: str = ""

    def fold(self, event: ev.Event) -> None:
        if event.kind == ev.KIND_OF[ev.Market]:
            self.rows = ev.decode(event.kind, event.payload).last
        elif event.kind == ev.KIND_OF[ev.Intent]:
            self.waiting = ev.decode(event.kind, event.payload).client_id
        elif event.kind == ev.KIND_OF[ev.OrderState]:
            self.waiting = ""
            self.cycles += 1


class Peer:
    """A venue with books of its own: it takes whatever it is sent, repeats too."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "peer.log"

    def submit(self, client_id: str) -> None:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC)
        os.write(descriptor, f"{client_id}\n".encode())
        os.close(descriptor)

    def orders(self) -> list[str]:
        return self.path.read_text().split() if self.path.exists() else []


@dataclass
class Toy:
    """The workload.

    Parameters
    ----------
    cycles : int
        Market rows, a decision and an order each.
    """

    cycles: int = 12

    def run(self, folder: Path, around: Surroundings) -> None:
        if (folder / NAME).exists():
            journal = Journal.open(folder, disk=around.disk, vfs=around.vfs)
        else:
            journal = Journal.create(folder, BOOK, disk=around.disk, vfs=around.vfs)
        segments: Segments | None = None
        try:
            storage = Storage(folder, around.disk)
            storage.reserve(RESERVE_BYTES)
            snapshots = Snapshots(storage.below("snapshots"))
            state = _recovered(journal, snapshots)
            segments = Segments(storage.below("feed"), state.rows, roll_bytes=ROLL_BYTES)
            book = _Book(folder, journal, segments, snapshots, state, around)
            book.boot()
            while state.cycles < self.cycles:
                book.cycle()
            journal.close()
        finally:
            if segments:
                segments.close()
            journal.abandon()

    def check(self, folder: Path, around: Surroundings) -> Outcome:
        if not (folder / NAME).exists():
            return Outcome("", 0)
        report = verify(folder, disk=around.disk, vfs=around.vfs)
        if not report.ok:
            return Outcome("", 0, [f"verify: {report.reason}"])
        with Journal.open(folder, True, disk=around.disk, vfs=around.vfs) as journal:
            problems = list(_dangling(folder, journal))
            intents = {row[0] for row in journal.rows("SELECT client_id FROM orders")}
            sent = Peer(folder).orders()
            problems += [
                f"peer: {one} sent {sent.count(one)} times" for one in set(sent) if sent.count(one) > 1
            ]
            problems += [f"peer: {one} is in no journal" for one in set(sent) - intents]
            return Outcome(journal.content_digest().hex(), journal.committed.seq, problems)


class _Book:
    def __init__(
        self,
        folder: Path,
        journal: Journal,
        segments: Segments,
        snapshots: Snapshots,
        state: _State,
        around: Surroundings,
    ) -> None:
        self._journal = journal
        self._segments = segments
        self._snapshots = snapshots
        self._state = state
        self._peer = Peer(folder)
        self._around = around

    def boot(self) -> None:
        self._commit(ev.event(ev.Boot(self._journal.boot, b"", b"", b"", "toy"), ts=START))
        if self._state.waiting:
            known = self._state.waiting in self._peer.orders()
            if self._around.sabotage == "blind" or not known:
                self._peer.submit(self._state.waiting)
            self._answered()

    def cycle(self) -> None:
        number = self._state.cycles
        self._intend(number)
        if self._around.sabotage != "early":
            self._peer.submit(self._state.waiting)
        self._answered()
        if number % 5 == 4:
            self._journal.checkpoint()
        if number % 4 == 3:
            head, digest = self._journal.committed, self._journal.content_digest()
            plain = (self._state.cycles, self._state.rows, self._state.waiting)
            name = self._snapshots.write(head.seq, head.ord, plain, digest)
            self._commit(ev.event(ev.Snapshot(name, self._snapshots.sha256(name)), ts=START + number))

    def _intend(self, number: int) -> None:
        first = self._state.rows + 1
        rows = list(_rows(first, 1 + number % 3))
        last = first + len(rows) - 1
        there = self._segments.last - self._state.rows
        if rows[there:]:
            self._segments.append(rows[there:])
        cause = self._journal.head.ord + 1
        ts = START + number
        client_id = os.urandom(8).hex() if self._around.sabotage == "random" else _client_id(number)
        intent = ev.Intent(client_id, number % 3, 1, 10, 100 + number, 0, 0, 0, ((0, 6), (1, 4)))
        if self._around.sabotage == "early":
            self._peer.submit(client_id)
        self._commit(
            ev.event(ev.Market("feed", first, last, _sha(rows)), ts=ts),
            ev.event(ev.Decision("ok", (10**8,) * (1 + number % 4), 0), ts=ts, agent=0, cause=cause),
            ev.event(intent, ts=ts, cause=cause),
        )

    def _answered(self) -> None:
        number, client_id = self._state.cycles, self._state.waiting
        ts, px, fee = START + number, 100 + number, 5
        cause = self._journal.head.ord + 1
        key = f"fill-{number}"
        lines = ((16, 0, -6 * px - 3), (17, 0, -4 * px - 2), (1, 0, 10 * px), (2, 0, fee))
        units = ((16, 1, 6), (17, 1, 4), (1, 1, -10))
        fill = ev.Fill(0, key, client_id, number % 3, 1, 10, px, fee, ts, ((16, 6, 3), (17, 4, 2)))
        self._commit(
            ev.event(ev.Report(0, client_id, 1, key, 10, px, fee, 10, "", b""), ts=ts),
            ev.event(fill, ts=ts, cause=cause),
            ev.event(ev.Posting(lines + units, "fill"), ts=ts, cause=cause),
            ev.event(ev.Lock(2, str(number % 3), 0, "cool-down", number % 2), ts=ts, cause=cause),
            ev.event(ev.Outbox(key, 0, client_id.encode()), ts=ts, cause=cause),
            ev.event(ev.OrderState(client_id, 4, 10, ""), ts=ts, cause=cause),
        )

    def _commit(self, *events: ev.Event) -> None:
        placed = self._journal.append(events)
        self._around.acknowledged(self._journal.commit().seq)
        for event in placed:
            self._state.fold(event)


def _recovered(journal: Journal, snapshots: Snapshots) -> _State:
    found = snapshots.newest_good(journal.committed.seq)
    state = _State(*found.state) if found else _State()
    for event in journal.events(found.seq + 1 if found else 1):
        state.fold(event)
    return state


def _dangling(folder: Path, journal: Journal) -> Iterator[str]:
    """References of the journal to rows and snapshots that are not there."""
    markets = [ev.decode(e.kind, e.payload) for e in journal.events() if e.kind == ev.KIND_OF[ev.Market]]
    if markets:
        segments = Segments(Storage(folder / "feed"), markets[-1].last)
        for market in markets:
            rows = [record.payload for record in segments.read(market.first, market.last)]
            if _sha(rows) != market.sha256:
                yield f"feed: rows {market.first} to {market.last} are not those of the journal"
    yield from lost_snapshots(folder, journal)


def lost_snapshots(folder: Path, journal: Journal) -> Iterator[str]:
    """Snapshots that the journal names and that are not there as it says."""
    notes = [ev.decode(e.kind, e.payload) for e in journal.events() if e.kind == ev.KIND_OF[ev.Snapshot]]
    # A third may be gone: the oldest is dropped before the note on the newest is committed.
    for note in notes[-2:]:
        path = folder / "snapshots" / note.name
        if not path.exists() or hashlib.sha256(path.read_bytes()).digest() != note.sha256:
            yield f"snapshot {note.name}: not as the journal says"


def _rows(first: int, count: int) -> Iterator[bytes]:
    for number in range(first, first + count):
        yield hashlib.sha256(b"row %d" % number).digest() * (1 + number % 9)


def _sha(rows: list[bytes]) -> bytes:
    return hashlib.sha256(b"".join(rows)).digest()


def _client_id(number: int) -> str:
    return "q" + hashlib.sha256(b"order %d" % number).hexdigest()[:26]


TOY = Toy()
