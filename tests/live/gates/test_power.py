"""Power loss at any change of the disk: whatever unsynced bytes became, nothing acknowledged is lost."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from counts import full_or_tenth
from live.gates.images import MODES, Platter, write_image
from live.gates.kept import keep
from live.gates.probe import Op, ProbedDisk, ProbedVFS, Recorder
from live.gates.toy import NAME, Surroundings, Toy
from quantrl.errors import QuantrlError
from quantrl.live import events as ev
from quantrl.live import sqlite
from quantrl.live.journal import Journal

WORKLOAD = Toy(16)


@dataclass
class Counted:
    """Images by what is wrong with them."""

    images: int = 0
    unreadable: list[str] = field(default_factory=list)
    lost_acknowledged: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def bad(self) -> int:
        return len(self.unreadable) + self.lost_acknowledged + len(self.problems)

    @property
    def counts(self) -> dict[str, object]:
        lists = {"unreadable": len(self.unreadable), "broken or dangling": len(self.problems)}
        return {"images": self.images, "lost acknowledged": self.lost_acknowledged, **lists}


class CarelessDisk(ProbedDisk):
    """Says that the rows of a feed are synced, and does not sync them."""

    def sync(self, descriptor: int) -> None:
        if not self._paths[descriptor].endswith(".seg"):
            super().sync(descriptor)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A quick folder: images are on it already crashed, so its own durability does not matter."""
    quick = Path("/dev/shm") / f"quantrl-power-{os.getpid()}"
    chosen = quick if os.access("/dev/shm", os.W_OK) else tmp_path
    chosen.mkdir(exist_ok=True)
    yield chosen
    shutil.rmtree(chosen, ignore_errors=True)


def recorded(folder: Path, disk: type[ProbedDisk] = ProbedDisk) -> list[Op]:
    recorder = Recorder()
    vfs = ProbedVFS("recorded", recorder)
    WORKLOAD.run(folder, Surroundings(disk(recorder), vfs.vfs_name, recorder.acknowledged))
    return recorder.ops


def crashed(ops: list[Op], count: int, place: Path, seed: int) -> Counted:
    """Cut the power `count` times, spread over all changes."""
    rng = random.Random(seed)
    cuts = sorted(rng.randint(1, len(ops)) for _ in range(count))
    platter, found, at = Platter(), Counted(), 0
    for number, cut in enumerate(cuts):
        for op in ops[at:cut]:
            platter.add(op)
        at = cut
        target = place / "image"
        write_image(platter.image(rng, MODES[number % 3]), place / "whole", target)
        judged(target, platter.acknowledged, found)
        shutil.rmtree(target, ignore_errors=True)
    return found


def judged(folder: Path, acknowledged: int, found: Counted) -> None:
    """Check an image, then go on from it as a restart would."""
    found.images += 1
    try:
        end = WORKLOAD.check(folder, Surroundings())
        found.problems += end.problems
        # The record of sends is the peer's, not this machine's: it is not in an image.
        if not end.problems and end.seq < acknowledged:
            found.lost_acknowledged += 1
        elif not end.problems and (folder / NAME).exists():
            with Journal.open(folder) as journal:
                journal.append([ev.event(ev.Note("after the crash"), ts=0)])
                journal.commit()
    except (QuantrlError, OSError) as error:
        found.unreadable.append(str(error))


def test_nothing_acknowledged_is_lost(place: Path) -> None:
    ops = recorded(place / "whole")
    found = crashed(ops, full_or_tenth(5_000), place, seed=3)
    keep("power", "Power loss, whole, torn, garbage", {"changes": len(ops), **found.counts}, seeds="3")
    assert found.problems == []
    assert found.unreadable == []
    assert found.lost_acknowledged == 0


@pytest.mark.parametrize(("synchronous", "got", "least"), [("NORMAL", 1, 0.5), ("OFF", 0, 0.9)])
def test_less_syncing_is_caught(
    synchronous: str, got: int, least: float, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weaker = tuple(
        (name, synchronous, got) if name == "synchronous" else (name, value, expected)
        for name, value, expected in sqlite.PRAGMAS
    )
    with monkeypatch.context() as patched:
        patched.setattr(sqlite, "PRAGMAS", weaker)
        ops = recorded(place / "whole")
    found = crashed(ops, full_or_tenth(1_000), place, seed=4)
    counts = {**found.counts, "bad": found.bad}
    keep(f"power_{synchronous.lower()}", f"Power loss, sabotage: {synchronous}", counts, seeds="4")
    assert found.bad >= least * found.images


def test_rows_that_were_not_synced_are_caught(place: Path) -> None:
    ops = recorded(place / "whole", CarelessDisk)
    found = crashed(ops, full_or_tenth(1_000), place, seed=5)
    counts = {**found.counts, "bad": found.bad}
    keep("power_segments", "Power loss, sabotage: rows not synced", counts, seeds="5")
    assert found.bad > 0
