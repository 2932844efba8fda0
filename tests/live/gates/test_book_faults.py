"""A disk that is full or broken at any one change of a daemon's run: halted or stopped, and nothing told is lost."""

from __future__ import annotations

import errno
import random
import shutil
from collections import Counter
from pathlib import Path

import pytest

from counts import FULL
from live.gates.book import BOOK, RESERVE_BYTES, Content, content, small
from live.gates.kept import keep
from live.gates.probe import Fault, Op, ProbedDisk, ProbedVFS
from live.gates.toy import Surroundings
from quantrl.errors import StorageError
from quantrl.live import events as ev
from quantrl.live.engine import Daemon
from quantrl.live.full_disk import survive_full_disk
from quantrl.live.journal import NAME, Journal
from quantrl.live.storage import RESERVE

SITES = 400 if FULL else 16
SABOTAGED = 100 if FULL else 5
KINDS = [(errno.ENOSPC, False), (errno.ENOSPC, True), (errno.EIO, False), (errno.EIO, True)]
EDGE = 60


def run(folder: Path, fault: Fault, told: list[int], sabotage: str = "") -> StorageError | None:
    """The refusal that stopped the daemon, if one did."""
    vfs = ProbedVFS("book-faulty", fault)
    try:
        BOOK.run(folder, Surroundings(ProbedDisk(fault), vfs.vfs_name, told.append, sabotage))
    except StorageError as error:
        return error
    return None


def stored(folder: Path) -> tuple[int, Content]:
    """Last seq and content of a journal."""
    with Journal.open(folder, True) as journal:
        return journal.committed.seq, content(journal)


def sites(changes: int, count: int, seed: int) -> list[Fault]:
    """Spread over all changes and kinds of refusal; one in five while the book is made or closed."""
    rng = random.Random(seed)
    found = []
    for number in range(count):
        at = rng.randint(1, changes)
        if number % 10 < 2:
            near = rng.randint(0, EDGE)
            at = 1 + near if number % 10 else changes - near
        found.append(Fault(at, *KINDS[number % 4]))
    return found


class Gate:
    """Runs into faults and goes on as an operator would."""

    def __init__(self, quick: Path) -> None:
        self.folder = quick / "starved"
        quiet = Fault(0, errno.EIO)
        assert run(quick / "whole", quiet, []) is None
        self.changes = quiet.count
        self.whole = stored(quick / "whole")[1]
        names = (
            "halted",
            "stopped",
            "after the end",
            "before there was a book",
            "lost",
            "landed all the same",
        )
        self.seen = Counter(dict.fromkeys(names, 0))

    def survive(self, fault: Fault, sabotage: str = "") -> None:
        told: list[int] = []
        error = run(self.folder, fault, told, sabotage)
        assert error is not None, fault.fired
        if not (self.folder / NAME).exists():
            self.seen["before there was a book"] += 1
            self.finish()
        else:
            assert error.errno == fault.code, error
            seq, there = stored(self.folder)
            self.seen["lost"] += seq < max(told, default=0)
            self.seen["landed all the same"] += seq > max(told, default=0)
            assert there == self.whole[: len(there)], fault.fired
            self.go_on(error, len(there))
        shutil.rmtree(self.folder)

    def go_on(self, error: StorageError, known: int) -> None:
        if error.errno != errno.ENOSPC:
            with small(), pytest.raises(StorageError):
                survive_full_disk(self.folder, error, panel=BOOK.panel)
            self.seen["stopped"] += 1
            self.finish()
            return
        with small():
            with survive_full_disk(self.folder, error, panel=BOOK.panel) as daemon:
                assert daemon.state().state == "HALTED"
                assert not (self.folder / RESERVE).exists()
            with Daemon.open(self.folder, panel=BOOK.panel) as daemon:
                assert daemon.state().state == "HALTED"
        self.seen["halted"] += 1
        _, there = stored(self.folder)
        assert there[:known] == self.whole[:known]
        kinds = [kind for kind, *_ in there[known:] if kind != ev.KIND_OF[ev.Config]]
        assert ev.KIND_OF[ev.Command] in kinds
        assert ev.KIND_OF[ev.Intent] not in kinds

    def finish(self) -> None:
        """Start again and run to the end: as if nothing had happened."""
        BOOK.run(self.folder, Surroundings())
        assert BOOK.check(self.folder, Surroundings()).problems == []
        assert stored(self.folder)[1] == self.whole


def test_a_refusal_anywhere_halts_or_stops_a_daemon_and_costs_nothing(quick: Path) -> None:
    gate, where = Gate(quick), Counter[str]()
    for fault in sites(gate.changes, SITES, seed=40):
        gate.survive(fault)
        if isinstance(fault.fired, Op):
            where[f"{errno.errorcode[fault.code]} {fault.fired.kind}"] += 1
    seen = gate.seen
    keep("book_faults", "Disk faults, daemon", {"sites": where.total(), **seen, **where}, seeds="40")
    assert seen["lost"] == 0
    assert where.total() == SITES
    assert seen["halted"] >= SITES // 4
    assert seen["stopped"] >= SITES // 4


def test_a_daemon_that_tells_before_the_commit_is_caught(quick: Path) -> None:
    gate = Gate(quick)
    for fault in sites(gate.changes, SABOTAGED, seed=41):
        gate.survive(fault, "early")
    counts = {"sites": SABOTAGED, "lost": gate.seen["lost"]}
    keep("book_faults_early", "Disk faults, daemon, sabotage: told before the commit", counts, seeds="41")
    assert gate.seen["lost"] > 0


def test_a_reserve_given_back_is_set_aside_again(quick: Path) -> None:
    with small():
        Daemon.create(quick / "book", BOOK.config, panel=BOOK.panel).close()
        full = StorageError("no space", errno.ENOSPC)
        with survive_full_disk(quick / "book", full, panel=BOOK.panel) as daemon:
            assert not (quick / "book" / RESERVE).exists()
            daemon.command("resume", confirm="small")
            daemon.run(until=int(BOOK.panel.time[3]))
            assert (quick / "book" / RESERVE).stat().st_size == RESERVE_BYTES
