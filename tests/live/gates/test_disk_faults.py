"""A disk that is full or broken at any one of its changes: told, and nothing acknowledged is lost or done twice."""

from __future__ import annotations

import errno
import os
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from counts import FULL
from live.gates.kept import keep
from live.gates.probe import Fault, Op, ProbedDisk, ProbedVFS
from live.gates.toy import NAME, Outcome, Surroundings, Toy
from quantrl.errors import StorageError
from quantrl.live.journal import Journal
from quantrl.live.storage import Storage

WORKLOAD = Toy(8)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    quick = Path("/dev/shm") / f"quantrl-faults-{os.getpid()}"
    chosen = quick if os.access("/dev/shm", os.W_OK) else tmp_path
    chosen.mkdir(exist_ok=True)
    yield chosen
    shutil.rmtree(chosen, ignore_errors=True)


def run(folder: Path, fault: Fault, told: list[int]) -> None:
    vfs = ProbedVFS("faulty", fault)
    WORKLOAD.run(folder, Surroundings(ProbedDisk(fault), vfs.vfs_name, told.append))


def sites(changes: int, count: int) -> list[tuple[int, int, bool]]:
    """(change, error, torn write) of each site, spread over all changes and the kinds of refusal."""
    kinds = [(errno.ENOSPC, False), (errno.ENOSPC, True), (errno.EIO, False), (errno.EIO, True)]
    every = [(at, *kind) for at in range(1, changes + 1) for kind in kinds]
    return sorted(random.Random(6).sample(every, min(count, len(every))))


def survived(folder: Path, fault: Fault, whole: Outcome, seen: Counter[str]) -> None:
    """Run into the fault, then do what the daemon does: give the reserve back, start again, trust the disk."""
    told: list[int] = []
    try:
        run(folder, fault, told)
        seen["absorbed"] += 1
    except StorageError:
        seen["raised"] += 1
        Storage(folder).release_reserve()
    assert fault.fired is not None
    acknowledged = max(told, default=0)
    if (folder / NAME).exists():
        with Journal.open(folder, True) as journal:
            seen["lost"] += journal.committed.seq < acknowledged
            seen["failed commit had landed"] += journal.committed.seq > acknowledged
    WORKLOAD.run(folder, Surroundings())
    end = WORKLOAD.check(folder, Surroundings())
    assert end.problems == [], fault.fired
    assert end.digest == whole.digest, fault.fired


def test_a_refusal_anywhere_is_told_and_costs_nothing(place: Path) -> None:
    quiet = Fault(0, errno.EIO)
    run(place / "whole", quiet, [])
    whole = WORKLOAD.check(place / "whole", Surroundings())
    seen: Counter[str] = Counter({"raised": 0, "absorbed": 0, "lost": 0, "failed commit had landed": 0})
    where: Counter[str] = Counter()
    for at, code, torn in sites(quiet.count, 1_000 if FULL else 200):
        fault = Fault(at, code, torn)
        survived(place / "starved", fault, whole, seen)
        assert isinstance(fault.fired, Op)
        where[f"{errno.errorcode[code]} {fault.fired.kind}"] += 1
        shutil.rmtree(place / "starved")
    keep("disk_faults", "Disk faults", {"sites": where.total(), **seen, **where}, seeds="6")
    assert seen["lost"] == 0
    assert where.total() >= 200
    assert seen["raised"] > 0.9 * where.total()
