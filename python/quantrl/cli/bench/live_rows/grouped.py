"""D3: cycles a second at full speed, one commit for many beside one commit for each."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.live_rows.market import new_book, settings, write_flow
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.typing import FloatArray

SECONDS = {"full": 10.0, "small": 3.0}
GROUPED, SINGLE = "group commit", "one commit a cycle"
SLOW_SYNC_S = 1e-3
"""From here on, the specification says, a group is five times as fast."""


@dataclass
class _Runs:
    """Runs of one book; each tells its cycles and what it became."""

    flow: Path
    cycles: int = 0
    digests: dict[str, bytes] = field(default_factory=dict)

    def timed(self, name: str) -> tuple[float, float]:
        """Wall and processor seconds of one run, the book's making and end left out."""
        config = settings(self.flow, decide_every="1s", batch_ms=5)
        with _commits(single=name == SINGLE), new_book(config) as daemon:
            cpu, wall = time.process_time(), time.perf_counter()
            daemon.run()
            spent = time.perf_counter() - wall, time.process_time() - cpu
            ((self.cycles,),) = daemon.journal.rows("SELECT count(*) FROM event WHERE kind IN (1, 4)")
            self.digests[name] = daemon.content_digest()
        return spent

    def digest(self, name: str) -> FloatArray:
        """What the book became, as numbers."""
        if name not in self.digests:
            self.timed(name)
        return np.frombuffer(self.digests[name], dtype=np.uint8).astype(np.float64)


@contextmanager
def _commits(*, single: bool) -> Iterator[None]:
    from quantrl.live import cycle

    before = cycle.GROUP
    cycle.GROUP = 1 if single else before
    try:
        yield
    finally:
        cycle.GROUP = before


def sync_s(times: int = 50) -> float:
    """Median seconds of a small write and its sync under the temporary folder."""
    with tempfile.TemporaryFile() as file:
        found = []
        for _ in range(times):
            begun = time.perf_counter()
            os.write(file.fileno(), bytes(512))
            os.fdatasync(file.fileno())
            found.append(time.perf_counter() - begun)
    return statistics.median(found)


@contextmanager
def case(size: str) -> Iterator[RateCase]:
    """The case at a size, while its files are there."""
    with tempfile.TemporaryDirectory() as keep:
        yield _case(_Runs(write_flow(Path(keep) / "flow.qev", SECONDS[size])))


def _case(runs: _Runs) -> RateCase:
    check = Check("content digest", lambda: runs.digest(GROUPED), lambda: runs.digest(SINGLE), 0.0)
    runs.digest(GROUPED)
    slow = sync_s()
    goals = [Goal(GROUPED, 5_000.0)]
    if slow >= SLOW_SYNC_S:
        goals.append(Goal(GROUPED, 5.0, SINGLE))
    contenders = tuple(
        Contender(name, lambda name=name: runs.timed(name), runs.cycles, lambda name=name: runs.timed(name))  # type: ignore[misc]
        for name in (GROUPED, SINGLE)
    )
    note = f"a write and its sync take {slow * 1e3:.2f} ms here; the ratio is aimed for from 1 ms on"
    return RateCase(
        "D3",
        "cycles at full speed, 3 agents, 2,000 events/s",
        "cycles",
        contenders,
        tuple(goals),
        (check,),
        notes=(note,),
    )
