"""Kill -9 at chosen changes of the disk, in forked children of a process that has never opened a database.

Run as ``python -m live.gates.kills OPTIONS-AS-JSON``; prints one JSON object. `kill_loop` is the same from a test.
"""

from __future__ import annotations

import importlib
import json
import mmap
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from live.gates.probe import Fuse, Op, ProbedDisk, ProbedVFS
from live.gates.toy import Outcome, Surroundings, Workload

_TESTS = Path(__file__).parents[2]
_COUNT, _ACKNOWLEDGED, _WHERE = 0, 8, 16
PLACES = ("the log", "the database", "a snapshot", "another file")


@dataclass
class Options:
    """What to kill, and how often.

    Parameters
    ----------
    workload : str
        ``module:name`` of an object that is a `Workload`.
    points : int
        Folders; each is killed once or, one time in four, twice: the second time while it recovers or soon after.
    seed : int
    sabotage : str
        As in `Surroundings`.
    edges : int
        One kill in ten comes within so many changes of the start, one in ten of the end, and every other second kill
        within so many of a restart; 0: all are spread evenly.
    """

    workload: str = "live.gates.toy:TOY"
    points: int = 100
    seed: int = 0
    sabotage: str = ""
    edges: int = 0


@dataclass
class Found:
    """What came of it."""

    points: int = 0
    kills: int = 0
    changes: int = 0
    other_digests: int = 0
    lost_acknowledged: int = 0
    problems: list[str] = field(default_factory=list)
    again: int = 0
    where: dict[str, int] = field(default_factory=dict)

    @property
    def bad(self) -> int:
        """How many things are wrong."""
        return self.other_digests + self.lost_acknowledged + len(self.problems)

    def joined(self, other: Found) -> Found:
        """Both."""
        where = dict(Counter(self.where) + Counter(other.where))
        return Found(
            self.points + other.points,
            self.kills + other.kills,
            self.changes,
            self.other_digests + other.other_digests,
            self.lost_acknowledged + other.lost_acknowledged,
            self.problems + other.problems,
            self.again + other.again,
            where,
        )


def kill_loop(options: Options, timeout_s: float = 1_800.0) -> Found:
    """Run the loop in a fresh process, where no connection and no thread pool has ever been."""
    path = os.pathsep.join([str(_TESTS), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-m", "live.gates.kills", json.dumps(asdict(options))],
        # The pool of a BLAS would not survive a fork.
        env={**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Found(**json.loads(done.stdout))


class _Zygote:
    def __init__(self, options: Options) -> None:
        module, _, name = options.workload.partition(":")
        self._workload: Workload = getattr(importlib.import_module(module), name)
        self._sabotage = options.sabotage
        # Shared with the children, so that what they did last is known after they are killed.
        self._shared = mmap.mmap(-1, 24)
        self._edges = options.edges

    def loop(self, options: Options) -> Found:
        found = Found()
        with tempfile.TemporaryDirectory(dir=_quick_folder()) as folder:
            whole = self._finish(Path(folder) / "whole")
            found.changes = self._read(_COUNT)
            for number in range(options.points):
                place = Path(folder) / f"point{number}"
                self._point(random.Random(f"{options.seed}:{number}"), place, found)
                told = self._read(_ACKNOWLEDGED)
                end = self._finish(place)
                found.points += 1
                found.other_digests += end.digest != whole.digest
                if self._kept < told:
                    found.lost_acknowledged += 1
                    end.problems.append(f"point {number}: told {told}, kept {self._kept}")
                found.problems += end.problems
                shutil.rmtree(place)
        return found

    def _point(self, rng: random.Random, place: Path, found: Found) -> None:
        self._write(_ACKNOWLEDGED, 0)
        self._killed(place, self._first(rng, found.changes), found)
        if rng.random() < 0.25:
            soon = self._edges and rng.random() < 0.5
            most = self._edges if soon else max(found.changes // 4, 1)
            found.again += self._killed(place, rng.randint(1, most), found)

    def _first(self, rng: random.Random, changes: int) -> int:
        at = rng.randint(1, changes)
        if self._edges and at % 10 == 0:
            return rng.randint(1, self._edges)
        if self._edges and at % 10 == 1:
            return changes - rng.randint(0, self._edges)
        return at

    def _killed(self, place: Path, at: int, found: Found) -> bool:
        """Run a child until its change number `at`; whether it got that far."""
        child = os.fork()
        if child == 0:
            self._run(place, at)
        killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
        if killed:
            found.kills += 1
            where = PLACES[self._read(_WHERE)]
            found.where[where] = found.where.get(where, 0) + 1
        return killed

    def _finish(self, place: Path) -> Outcome:
        """What the folder holds, remembered as `_kept`, then run to the end and what it holds then."""
        left = self._told(lambda: self._workload.check(place, Surroundings())) if place.exists() else None
        self._kept = left.seq if left else 0

        def finish() -> Outcome:
            self._workload.run(place, self._around(0))
            return self._workload.check(place, Surroundings())

        end = self._told(finish)
        end.problems[:0] = left.problems if left else []
        return end

    def _told(self, call: Callable[[], Outcome]) -> Outcome:
        """The outcome of a call in a child of its own."""
        out, into = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                said: Any = asdict(call())
            except BaseException:
                said = asdict(Outcome("", 0, [traceback.format_exc(limit=-3)]))
            with os.fdopen(into, "w") as stream:
                json.dump(said, stream)
            os._exit(0)
        os.close(into)
        with os.fdopen(out) as stream:
            text = stream.read()
        os.waitpid(child, 0)
        return Outcome(**json.loads(text))

    def _run(self, place: Path, at: int) -> None:
        try:
            self._workload.run(place, self._around(at))
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)

    def _around(self, at: int) -> Surroundings:
        def told(count: int, op: Op) -> None:
            self._write(_COUNT, count)
            self._write(_WHERE, _place(op.path))

        fuse = Fuse(at, told)
        # The name keeps it registered; the object lives as long as the child.
        self._vfs = ProbedVFS("fused", fuse)
        return Surroundings(
            ProbedDisk(fuse), "fused", lambda seq: self._write(_ACKNOWLEDGED, seq), self._sabotage
        )

    def _write(self, at: int, value: int) -> None:
        struct.pack_into("<q", self._shared, at, value)

    def _read(self, at: int) -> int:
        return int(struct.unpack_from("<q", self._shared, at)[0])


def _place(path: str) -> int:
    """Index into `PLACES`."""
    name = os.path.basename(path)
    if name.endswith("-wal"):
        return 0
    return 1 if name.endswith(".db") else 2 if "/snapshots/" in path else 3


def _quick_folder() -> str | None:
    """In memory where there is such a place: a killed process loses nothing that it wrote, synced or not."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


if __name__ == "__main__":
    chosen = Options(**json.loads(sys.argv[1]))
    print(json.dumps(asdict(_Zygote(chosen).loop(chosen))))
