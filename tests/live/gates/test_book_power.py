"""Power loss at any change of a daemon's folder: whatever is left, it opens, has what it told, and ends as it should."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from pathlib import Path

import pytest

from counts import FULL
from live.gates.book import BOOK
from live.gates.images import MODES, Platter, write_image
from live.gates.kept import keep
from live.gates.probe import Op, ProbedDisk, ProbedVFS, Recorder
from live.gates.toy import Outcome, Surroundings
from quantrl.errors import QuantrlError
from quantrl.live import sqlite

IMAGES = 2_500 if FULL else 60
SABOTAGED = 500 if FULL else 30
EDGE = 60
CONTINUED = 5
"""Every so many images the daemon goes on to the end of its feed."""


def recorded(folder: Path) -> list[Op]:
    recorder = Recorder()
    vfs = ProbedVFS("book-recorded", recorder)
    BOOK.run(folder, Surroundings(ProbedDisk(recorder), vfs.vfs_name, recorder.acknowledged))
    return recorder.ops


def crashed(ops: list[Op], count: int, quick: Path, seed: int, digest: str) -> Counter[str]:
    """Cut the power `count` times."""
    rng = random.Random(seed)
    # One cut in ten while the book is made.
    cuts = sorted(rng.randint(1, EDGE if number % 10 == 0 else len(ops)) for number in range(count))
    found = Counter(dict.fromkeys(("images", "unreadable", "lost acknowledged", "broken or dangling"), 0))
    platter, at = Platter(), 0
    for number, cut in enumerate(cuts):
        for op in ops[at:cut]:
            platter.add(op)
        at = cut
        target = quick / "image"
        write_image(platter.image(rng, MODES[number % 3]), quick / "whole", target)
        found["images"] += 1
        wrong = judged(target, platter.acknowledged)
        if not wrong and target.exists() and number % CONTINUED == 0:
            found["continued to the end"] += 1
            wrong = "" if ended(target).digest == digest else "other digests"
        if wrong:
            found[wrong] += 1
        shutil.rmtree(target, ignore_errors=True)
    return found


def judged(folder: Path, acknowledged: int) -> str:
    """What is wrong with an image; empty where it is as it must be."""
    try:
        found = BOOK.check(folder, Surroundings())
    except (QuantrlError, OSError):
        return "unreadable"
    if found.problems:
        return "broken or dangling"
    return "lost acknowledged" if found.seq < acknowledged else ""


def ended(folder: Path) -> Outcome:
    folder.chmod(0o700)
    BOOK.run(folder, Surroundings())
    return BOOK.check(folder, Surroundings())


def bad(found: Counter[str]) -> int:
    return found.total() - found["images"] - found["continued to the end"]


def test_no_power_loss_costs_a_daemon_what_it_told(quick: Path) -> None:
    ops = recorded(quick / "whole")
    whole = BOOK.check(quick / "whole", Surroundings())
    found = crashed(ops, IMAGES, quick, 30, whole.digest)
    keep("book_power", "Power loss, daemon", {"changes": len(ops), **found}, seeds="30")
    assert found["images"] == IMAGES
    assert found["continued to the end"] >= IMAGES // CONTINUED // 2
    assert bad(found) == 0, found


@pytest.mark.parametrize(("synchronous", "got", "least"), [("NORMAL", 1, 0.5), ("OFF", 0, 0.9)])
def test_a_daemon_that_syncs_less_is_caught(
    synchronous: str, got: int, least: float, quick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weaker = tuple(
        (name, synchronous, got) if name == "synchronous" else (name, value, expected)
        for name, value, expected in sqlite.PRAGMAS
    )
    with monkeypatch.context() as patched:
        patched.setattr(sqlite, "PRAGMAS", weaker)
        ops = recorded(quick / "whole")
    found = crashed(ops, SABOTAGED, quick, 31, BOOK.check(quick / "whole", Surroundings()).digest)
    title = f"Power loss, daemon, sabotage: {synchronous}"
    keep(f"book_power_{synchronous.lower()}", title, {**found, "bad": bad(found)}, seeds="31")
    # One cut in ten falls while the book is made, when there is nothing to lose yet.
    assert bad(found) >= least * (found["images"] - found["images"] // 10)
