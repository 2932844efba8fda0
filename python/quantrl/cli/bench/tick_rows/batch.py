"""B9: what a step of a session in a batch costs beyond the events, and what a second thread gives."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from quantrl.backtest import TickBatch, actions
from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.cli.bench.tick_rows.flow import wl2
from quantrl.cli.bench.tick_rows.replayed import CONFIG
from quantrl.data.events import EventFile
from quantrl.typing import FloatArray

SESSIONS, LEVELS = 64, 1
IDLE, ONE, TWO = "steps of 1 ns", "1 thread", "2 threads"
SIZES = {"full": (100_000, 2_000), "small": (5_000, 50)}
MOST_NS = 150


def cases(size: str) -> Iterator[RateCase]:
    """The overhead, then threads."""
    rows, steps = SIZES[size]
    flow = wl2(rows)
    with tempfile.TemporaryDirectory(prefix="quantrl-") as folder:
        file = EventFile(flow.write(Path(folder) / "wl2.qev"))
        yield RateCase(
            id="B9",
            title=f"TickBatch, {SESSIONS} sessions, {steps:,} steps without events or actions",
            unit="session steps",
            contenders=(Contender(IDLE, _idle(file, steps), SESSIONS * steps),),
            goals=(Goal(IDLE, 1e9 / MOST_NS),),
            sha256=flow.sha256,
        )
        yield RateCase(
            id="B9",
            title=f"TickBatch, {SESSIONS} sessions of {rows:,} events, two orders a session and 100 ms",
            unit="events",
            contenders=tuple(
                Contender(name, _busy(file, threads), SESSIONS * rows)
                for name, threads in ((ONE, 1), (TWO, 2))
            ),
            goals=(Goal(TWO, 1.7, ONE),),
            checks=(Check("both numbers of threads", _busy(file, 1), _busy(file, 2), 0.0),),
            sha256=flow.sha256,
            notes=(f"{os.cpu_count()} logical processors; the goal is for two physical cores of its own",),
        )


def _idle(file: EventFile, steps: int) -> Callable[[], None]:
    batch = TickBatch([file], CONFIG, SESSIONS, dt=1)
    depth, account, done, refs = batch.outputs(LEVELS, 1)
    none = np.zeros((SESSIONS, 1), actions.ACTION)

    def run() -> None:
        for _ in range(steps):
            batch.step(none, depth, account, done, refs)

    return run


def _busy(file: EventFile, threads: int) -> Callable[[], FloatArray]:
    """Accounts at the end of a run in which every session joins both touches at each step."""

    def run() -> FloatArray:
        batch = TickBatch([file], CONFIG, SESSIONS, dt="100ms", threads=threads)
        depth, account, done, refs = batch.outputs(LEVELS, 3)
        rows = np.zeros((SESSIONS, 3), actions.ACTION)
        rows["op"][:, 0] = actions.OPS["cancel_all"]
        rows["side"][:, 2] = actions.SIDES["sell"]
        rows["qty"] = 1
        while not done.all():
            rows["op"][:, 1:] = np.where(depth[:, 0, :, 0, 1] > 0, actions.OPS["limit"], 0)
            rows["tick"][:, 1:] = depth[:, 0, :, 0, 0]
            batch.step(rows, depth, account, done, refs)
        return account.astype(float)

    return run
