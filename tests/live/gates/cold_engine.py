"""The engine of a supervised book that is killed where its plan says: ``cold_engine paper start DIR ... --under N``.

``COLD`` in the environment names a folder with ``plan.json``, a list of (place, count, whom). A life that is killed leaves
``killed.N``, one that serves clients ``ready.N``; both hold the machine's monotonic clock.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

from live.gates.cheats import CHEATS
from live.gates.probe import Fuse, Op, ProbedDisk, ProbedVFS
from quantrl.cli.main import run
from quantrl.live import cycle, recover
from quantrl.live.engine import Daemon
from quantrl.live.heart import RUNNING, Heart
from quantrl.live.storage import Storage

FOLDER = Path(os.environ["COLD"])
PLAN = json.loads((FOLDER / "plan.json").read_text())
DONE = len(list(FOLDER.glob("killed.*")))
RESERVE_BYTES = 64 * 1024


class Trap:
    """Counts what happens at the planned place, and kills whom the plan says."""

    def __init__(self) -> None:
        self.place, self.at, self.whom = PLAN[DONE] if len(PLAN) > DONE else ("", 0, "")
        self._seen = 0

    def happened(self, place: str) -> None:
        if place != self.place:
            return
        self._seen += 1
        if self._seen == self.at:
            (FOLDER / f"killed.{DONE}").write_text(f"{time.monotonic()} {self.whom}")
            if self.whom != "engine":
                os.kill(os.getppid(), signal.SIGKILL)
            if self.whom != "supervisor":
                os.kill(os.getpid(), signal.SIGKILL)


def place_of(op: Op) -> str:
    name = os.path.basename(op.path)
    if "snapshots" in op.path:
        return "snapshot"
    return "log" if name.endswith("-wal") else "checkpoint" if name.endswith(".db") else "other"


def main() -> int:
    trap = Trap()
    fuse = Fuse(0, lambda count, op: trap.happened(place_of(op)))
    vfs = ProbedVFS("cold", fuse)
    make, go_on, tell, same, reserve = Daemon.create, Daemon.open, Heart.tell, recover._same, Storage.reserve

    def told(heart: Heart, phase: str, *words: Any) -> None:
        if phase == RUNNING and not (FOLDER / f"ready.{DONE}").exists():
            (FOLDER / f"ready.{DONE}").write_text(str(time.monotonic()))
        tell(heart, phase, *words)

    def compared(*events: Any) -> None:
        trap.happened("recovery")
        same(*events)

    disk: dict[str, Any] = {"disk": ProbedDisk(fuse), "vfs": vfs.vfs_name}
    with (
        patch.object(Daemon, "create", lambda *a, **k: make(*a, **k, **disk)),
        patch.object(Daemon, "open", lambda *a, **k: go_on(*a, **k, **disk)),
        patch.object(Heart, "tell", told),
        patch.object(recover, "_same", compared),
        patch.object(Storage, "reserve", lambda storage, size=0: reserve(storage, RESERVE_BYTES)),
        patch.object(cycle, "GROUP", 24),
        patch.object(cycle, "SNAPSHOT_EVENTS", 500),
        patch.object(cycle, "CHECKPOINT_PAGES", 60),
        CHEATS[os.environ.get("COLD_CHEAT", "")](),
    ):
        return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
