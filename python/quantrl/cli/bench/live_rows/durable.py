"""D1 and D2: what durability costs, beside the barest way to put the same bytes on the same disk."""

from __future__ import annotations

import gc
import hashlib
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from quantrl.cli.bench.harness import Contender, Timing
from quantrl.cli.bench.rate import Check, Goal, RateCase, RateResult
from quantrl.typing import FloatArray

if TYPE_CHECKING:
    from quantrl.live.events import Event

WARM_UPS = 2
CYCLES = {"full": 400, "small": 10}
GROUPS = {"full": 40, "small": 2}
CYCLES_IN_A_GROUP = 16
OURS, RAW, BARE = "journal", "write + fdatasync", "executemany"
BOOK = b"bench"


class Side(Protocol):
    """One way to keep events."""

    def prepare(self, events: list[Event]) -> Any:
        """What it needs of them; not timed."""

    def keep(self, prepared: Any) -> None:
        """Make them durable; timed."""

    def rest(self) -> None:
        """Between rounds; not timed."""

    def kept(self) -> bytes:
        """Everything kept so far, as the rows of the event table."""


@dataclass
class _Samples:
    """Seconds of every step, by round."""

    wall: list[list[float]] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def steps(self) -> list[float]:
        return sorted(step for steps in self.wall for step in steps)

    @property
    def timing(self) -> Timing:
        return Timing(tuple(map(sum, self.wall)), tuple(self.cpu))


def results(size: str, rounds: int) -> Iterator[RateResult]:
    """D1 and D2; see `run_rows` for the parameters."""
    cycle = RateCase("D1", "a durable cycle of 5 events", "cycles", goals=(Goal(OURS, 0.5, RAW),))
    yield _measured(cycle, _Raw, lambda n: _cycle(n), CYCLES[size], rounds)
    group = RateCase(
        "D2", "a group commit of 256 events with their tables", "groups", goals=(Goal(OURS, 0.4, BARE),)
    )
    yield _measured(group, _Bare, group_of, GROUPS[size], rounds)


def _measured(
    case: RateCase,
    peer: Callable[[Path], Side],
    batch: Callable[[int], list[Event]],
    steps: int,
    rounds: int,
) -> RateResult:
    """The same batches to both sides in turn; then what they kept must be the same bytes."""
    with tempfile.TemporaryDirectory() as folder:
        sides: dict[str, Side] = {OURS: _Ours(Path(folder)), case.goals[0].over or "": peer(Path(folder))}
        samples = {name: _Samples() for name in sides}
        for number in range(WARM_UPS + rounds):
            batches = [batch(number * steps + step) for step in range(steps)]
            for name, side in sides.items():
                wall, cpu = _timed(side, batches)
                if number >= WARM_UPS:
                    samples[name].wall.append(wall)
                    samples[name].cpu.append(cpu)
                side.rest()
        ours, theirs = (_bytes_of(side.kept()) for side in sides.values())
    check = Check("the rows kept", lambda: ours, lambda: theirs, 0.0)
    contenders = tuple(Contender(name, lambda: None, steps) for name in sides)
    case = replace(case, contenders=contenders, checks=(check,), notes=tuple(_notes(samples)))
    worst, wrong = check.run()
    timings = {} if wrong else {name: found.timing for name, found in samples.items()}
    return RateResult(case, (wrong,) if wrong else (), {check.name: worst}, timings)


def _timed(side: Side, batches: list[list[Event]]) -> tuple[list[float], float]:
    prepared = [side.prepare(events) for events in batches]
    # As the daemon does after its start: what is alive now is not searched for garbage again and again.
    gc.collect()
    gc.freeze()
    wall, cpu = [], time.process_time()
    for one in prepared:
        start = time.perf_counter()
        side.keep(one)
        wall.append(time.perf_counter() - start)
    spent = time.process_time() - cpu
    gc.unfreeze()
    return wall, spent


def _notes(samples: dict[str, _Samples]) -> Iterator[str]:
    ours, theirs = (found.steps for found in samples.values())
    for name, pick in (("median", statistics.median), ("p99", lambda steps: steps[int(len(steps) * 0.99)])):
        a, b = pick(ours), pick(theirs)
        yield f"one step, {name}: {a * 1e3:.3f} ms to {b * 1e3:.3f} ms, {a / b:.2f}x the time"
    yield "the disk under the temporary folder: set TMPDIR to measure another; no checkpoint is timed"


class _Ours:
    """The journal: chain, tables, one transaction."""

    def __init__(self, folder: Path) -> None:
        from quantrl.live.journal import Journal

        self._journal = Journal.create(folder / "book", BOOK)

    def prepare(self, events: list[Event]) -> list[Event]:
        return events

    def keep(self, prepared: list[Event]) -> None:
        self._journal.append(prepared)
        self._journal.commit()

    def rest(self) -> None:
        self._journal.checkpoint()

    def kept(self) -> bytes:
        found = (
            (e.seq, e.ord, e.boot, e.ts, e.kind, e.agent, e.cause, e.payload, e.hash)
            for e in self._journal.events()
        )
        return b"".join(map(_row_bytes, found))


class _Chained:
    """Makes the rows of the event table in advance: a peer is not timed for the hashes."""

    def __init__(self) -> None:
        from quantrl.live.chain import genesis

        self._seq, _, self._hash = genesis(BOOK)

    def rows(self, events: list[Event]) -> list[tuple[Any, ...]]:
        from quantrl.live.chain import link

        rows = []
        for e in events:
            self._seq += 1
            self._hash = link(self._hash, self._seq, self._seq, 1, e)
            rows.append(
                (self._seq, self._seq, 1, e.ts, e.kind, e.agent, e.cause, e.payload, self._hash),
            )
        return rows


class _Raw:
    """The rows' bytes at the end of a file."""

    def __init__(self, folder: Path) -> None:
        self._chained = _Chained()
        self._path = folder / "raw"
        self._out = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def prepare(self, events: list[Event]) -> bytes:
        return b"".join(map(_row_bytes, self._chained.rows(events)))

    def keep(self, prepared: bytes) -> None:
        os.write(self._out, prepared)
        os.fdatasync(self._out)

    def rest(self) -> None:
        """Nothing to do."""

    def kept(self) -> bytes:
        os.close(self._out)
        return self._path.read_bytes()


class _Bare:
    """The rows in a table of the same columns, with the same settings."""

    def __init__(self, folder: Path) -> None:
        import apsw

        from quantrl.live.journal import EVENT_TABLE
        from quantrl.live.sqlite import PRAGMAS

        self._chained = _Chained()
        self._db = apsw.Connection(str(folder / "bare.db"))
        for name, value, _ in PRAGMAS:
            self._db.execute(f"PRAGMA {name}={value}").fetchall()
        self._db.execute(EVENT_TABLE)

    def prepare(self, events: list[Event]) -> list[tuple[Any, ...]]:
        return self._chained.rows(events)

    def keep(self, prepared: list[tuple[Any, ...]]) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("INSERT INTO event VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)", prepared)
        self._db.execute("COMMIT")

    def rest(self) -> None:
        self._db.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()

    def kept(self) -> bytes:
        rows: list[Any] = self._db.execute("SELECT * FROM event ORDER BY seq").fetchall()
        return b"".join(map(_row_bytes, rows))


def _cycle(number: int) -> list[Event]:
    """Rows of a feed arrive, an agent decides, an order is sent, filled and booked."""
    from quantrl.live import events as ev

    ts = 1_700_000_000_000_000_000 + number
    client_id = "q" + hashlib.sha256(b"%d" % number).hexdigest()[:26]
    fill = ev.Fill(0, f"{number:012d}", client_id, 1, 1, 10, 100, 5, ts, ((16, 6, 3), (17, 4, 2)))
    cash = ((16, 0, -603), (17, 0, -402), (1, 0, 1000), (2, 0, 5))
    units = ((16, 2, 6), (17, 2, 4), (1, 2, -10))
    return [
        ev.event(ev.Market("us20", number, number, bytes(32)), ts=ts),
        ev.event(ev.Decision("ok", (50_000_000,) * 20, 0), ts=ts, agent=0, cause=1),
        ev.event(ev.Intent(client_id, 1, 1, 10, 0, 0, 0, 0, ((0, 6), (1, 4))), ts=ts, cause=1),
        ev.event(fill, ts=ts, cause=1),
        ev.event(ev.Posting(cash + units, "fill"), ts=ts, cause=1),
    ]


def group_of(number: int) -> list[Event]:
    """256 events: 16 orders, each with six agents' decisions before it and every step of its life."""
    first = number * CYCLES_IN_A_GROUP
    return [one for place in range(CYCLES_IN_A_GROUP) for one in _order_life(first + place)]


def _order_life(number: int) -> list[Event]:
    from quantrl.live import events as ev

    market, decision, intent, fill, posting = _cycle(number)
    ts = market.ts
    client_id = ev.decode(intent.kind, intent.payload).client_id
    said = [
        ev.event(ev.Report(0, client_id, kind, "f", 10, 100, 5, cum, "", b""), ts=ts)
        for kind, cum in ((0, 0), (1, 10))
    ]
    states = [
        ev.event(ev.OrderState(client_id, state, cum, ""), ts=ts, cause=1)
        for state, cum in ((1, 0), (2, 0), (4, 10))
    ]
    asked = [replace(decision, agent=agent) for agent in range(6)]
    before, after = [market, *asked, intent, states[0]], [said[1], fill, posting, states[2]]
    return [*before, said[0], states[1], *after, ev.event(ev.Timer("next", ts), ts=ts)]


def _row_bytes(row: tuple[Any, ...]) -> bytes:
    *numbers, payload, hash = row
    return np.array(numbers, dtype="<i8").tobytes() + bytes(payload) + bytes(hash)


def _bytes_of(kept: bytes) -> FloatArray:
    """A digest as numbers, which is what contenders are compared by."""
    return np.frombuffer(hashlib.sha256(kept).digest(), dtype=np.uint8).astype(np.float64)
