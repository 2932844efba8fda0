"""One book, one digest: whatever the process around it is; and no byte of it can change unnoticed."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import quantrl
from counts import FULL
from live.gates.book import BOOK
from live.gates.kept import keep
from live.gates.replays import replayed
from live.gates.toy import Surroundings
from quantrl.live.inspection import verify
from quantrl.live.journal import NAME

RUNS = 20 if FULL else 5
FLIPS = 500 if FULL else 50
ZONES = ("UTC", "America/New_York", "Asia/Kolkata", "Pacific/Chatham")
LOCALES = ("C", "C.UTF-8", "de_DE.UTF-8", "tr_TR.UTF-8", "ar_EG.UTF-8")
SPEEDS = ("max", "64", "1e9", "max", "1000")
TESTS = Path(__file__).parents[2]


class Process(NamedTuple):
    """What a run must not depend on."""

    hash_seed: str
    zone: str
    locale: str
    speed: str
    workers: int
    threads: str


def processes(count: int) -> list[Process]:
    """Each choice beside many of the others; in a full run two go at the pace of their bars."""
    found = []
    for n in range(count):
        speed = "1" if n in (7, 13) else SPEEDS[n % 5]
        workers = (0, 1, 4)[n % 3]
        seed = ("0", "1", "4242", "random")[n % 4]
        found.append(
            Process(seed, ZONES[n // 2 % 4], LOCALES[n % 5], speed, workers, ("1", "2", "8")[n // 3 % 3])
        )
    return found


def digest(process: Process, folder: Path) -> str:
    """Of a run in its own process and current folder."""
    folder.mkdir()
    pools = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS", "POLARS_MAX_THREADS")
    path = os.pathsep.join([str(TESTS), str(Path(quantrl.__file__).parents[1])])
    done = subprocess.run(
        [sys.executable, "-m", "live.gates.replays", "book", str(process.workers), process.speed],
        env={
            **os.environ,
            **dict.fromkeys(pools, process.threads),
            "PYTHONPATH": path,
            "PYTHONHASHSEED": process.hash_seed,
            "TZ": process.zone,
            "LC_ALL": process.locale,
        },
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_one_book_has_one_digest(tmp_path: Path) -> None:
    expected = replayed(tmp_path / "here", 0, "max")
    chosen = processes(RUNS)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(digest, chosen, [tmp_path / f"run {n}" for n in range(RUNS)]))
    other = [process for process, got in zip(chosen, found, strict=True) if got != expected]
    counts: dict[str, object] = {"runs": RUNS, "other digests": len(other)}
    for name in Process._fields:
        counts[name.replace("_", " ")] = "/".join(sorted({str(getattr(one, name)) for one in chosen}))
    keep("book_replay", "Replay identity, daemon", counts, seeds="none")
    assert other == []


def test_every_flipped_byte_of_a_book_is_named(quick: Path) -> None:
    BOOK.run(quick / "book", Surroundings())
    journal = quick / "book" / NAME
    whole = journal.read_bytes()
    rng, named = random.Random(50), Counter({"by seq": 0, "by page": 0})
    for _ in range(FLIPS):
        at = rng.randrange(len(whole))
        changed = bytearray(whole)
        changed[at] ^= rng.randint(1, 255)
        journal.write_bytes(changed)
        report = verify(quick / "book")
        assert not report.ok, at
        named["by seq" if report.first_bad_seq else "by page"] += 1
        assert report.first_bad_seq or re.search(rf"page {at // 4096 + 1}\b", report.reason), report.reason
    journal.write_bytes(whole)
    assert verify(quick / "book").ok
    counts = {"flips": FLIPS, **named, "unnoticed": FLIPS - named.total()}
    keep("book_flips", "Flipped bytes, daemon", counts, seeds="50")
