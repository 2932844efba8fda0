"""The engine of a supervised book that is killed where its plan says: ``cold_engine paper start DIR ... --under N``.

``COLD`` in the environment names a folder with ``plan.json``, a list of (place, count, whom, whether the next engine is
waited for). A life that is killed leaves ``killed.N``, one that serves clients ``ready.N``; both hold the monotonic
clock of the machine, and the latter the seconds of processor time that the engine has taken since the kill before.
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
from quantrl.live.folder_lock import FolderLock
from quantrl.live.heart import RUNNING, Heart
from quantrl.live.storage import Storage

FOLDER = Path(os.environ["COLD"])
RESERVE_BYTES = 64 * 1024
NEXT_S = 3.0


class Trap:
    """Counts what happens at the planned place, and kills whom the plan says.

    It looks at the plan when a book is opened: an engine on standby is started before the one that it follows is killed.
    """

    def __init__(self) -> None:
        self.place, self.at, self.whom, self.calm = "", 0, "", False
        self.life = self._seen = 0
        self._stood = self._spent = 0.0

    def stand(self) -> None:
        """The engine has read its modules."""
        self._stood, self._spent = time.monotonic(), time.process_time()
        (FOLDER / f"stands.{os.getpid()}").touch()

    def begin(self) -> None:
        plan = json.loads((FOLDER / "plan.json").read_text())
        self.life = len(list(FOLDER.glob("killed.*")))
        if len(plan) > self.life:
            self.place, self.at, self.whom, self.calm = plan[self.life]
        killed = FOLDER / f"killed.{self.life - 1}"
        if not killed.exists() or float(killed.read_text().split()[0]) < self._stood:
            self._spent = 0.0  # what it read, it read after the kill

    def ready(self) -> None:
        mark = FOLDER / f"ready.{self.life}"
        if not mark.exists():
            mark.write_text(f"{time.monotonic()} {time.process_time() - self._spent}")

    def _await_next(self) -> None:
        """Until the engine that would follow has read its modules."""
        end = time.monotonic() + NEXT_S
        while time.monotonic() < end and not self._others():
            time.sleep(0.01)

    def _others(self) -> bool:
        """Whether an engine that lives stands by."""
        pids = [int(mark.suffix[1:]) for mark in FOLDER.glob("stands.*")]
        return any(pid > 0 and pid != os.getpid() and Path(f"/proc/{pid}").exists() for pid in pids)

    def happened(self, place: str) -> None:
        if place != self.place:
            return
        self._seen += 1
        if self._seen == self.at:
            if self.calm:
                self._await_next()
            (FOLDER / f"killed.{self.life}").write_text(f"{time.monotonic()} {self.whom}")
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
    stand = Heart.told_to_open

    def standing(heart: Heart) -> FolderLock | None:
        trap.stand()
        lock = stand(heart)
        trap.begin()
        return lock

    def told(heart: Heart, phase: str, *words: Any) -> None:
        if phase == RUNNING:
            trap.ready()
        tell(heart, phase, *words)

    def compared(*events: Any) -> None:
        trap.happened("recovery")
        same(*events)

    disk: dict[str, Any] = {"disk": ProbedDisk(fuse), "vfs": vfs.vfs_name}
    with (
        patch.object(Daemon, "create", lambda *a, **k: make(*a, **k, **disk)),
        patch.object(Daemon, "open", lambda *a, **k: go_on(*a, **k, **disk)),
        patch.object(Heart, "told_to_open", standing),
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
