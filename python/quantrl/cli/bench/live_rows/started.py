"""D6: a start from the snapshot of a clean stop, modules read already."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.live_rows.market import settings, write_flow
from quantrl.cli.bench.rate import Goal, RateCase
from quantrl.live.engine import Daemon

SECONDS = {"full": 120.0, "small": 5.0}
OURS = "start"


class _Stopped:
    """A book that was stopped cleanly."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self.path = folder / "book"
        flow = write_flow(folder / "flow.qev", seconds)
        with Daemon.create(self.path, settings(flow, decide_every="1s", batch_ms=100)) as daemon:
            daemon.run()
            self.events = daemon.journal.committed.seq

    def opened(self) -> tuple[float, float]:
        """Wall and processor seconds until it is open; its end is not timed."""
        cpu, wall = time.process_time(), time.perf_counter()
        daemon = Daemon.open(self.path)
        spent = time.perf_counter() - wall, time.process_time() - cpu
        daemon.close()
        return spent


@contextmanager
def case(size: str) -> Iterator[RateCase]:
    """The case at a size, while its files are there."""
    with tempfile.TemporaryDirectory() as keep:
        yield _case(_Stopped(Path(keep), SECONDS[size]))


def _case(stopped: _Stopped) -> RateCase:
    return RateCase(
        "D6",
        f"start from a snapshot, {stopped.events:,} events before it",
        "starts",
        (Contender(OURS, stopped.opened, 1, stopped.opened),),
        (Goal(OURS, 0.5),),
        notes=("reads the whole event file once for the mids",),
    )
