"""Kill -9 in the whole supervised tree: the supervisor, the engine, or both, at places named by a plan."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from quantrl.live.checking import verify
from quantrl.live.folder_lock import is_owned

_TESTS = Path(__file__).parents[2]
_TREE = """
import sys
from pathlib import Path
from quantrl.live import standby
from quantrl.live.supervisor import Supervisor
standby.AFTER_S = 0.0  # these lives last a second or two
folder, *words = sys.argv[1:]
command = [sys.executable, "-m", "live.gates.cold_engine", "paper", "start", folder, *words]
sys.exit(Supervisor(Path(folder), command).run())
"""
CONFIG = """
name = "cold"
seed = 5
initial_cash = 250_000.0
data = { sample = "us20", start = "2015-06-01", end = "2016-12-31" }
backtest = { fill = "next_close", costs = { bps = 10.0 } }
selection = { half_life = 20.0 }
venue = { tick = "0.001" }
agents = [{ id = "rules/equal_weight" }, { id = "rules/momentum" }, { id = "rules/random_weights" }]

[risk]
position_bp = 5_000
order_bp = 5_000
drawdown_reduce_bp = 4_000
drawdown_halt_bp = 5_000
daily_loss_bp = 1_500
"""
MOST = {"log": 1_200, "checkpoint": 60, "snapshot": 40, "recovery": 300, "other": 8}
"""Occurrences of a place in one life, about; a plan counts up to that."""
WHOM = ("engine", "supervisor", "both")
Plan = list[tuple[str, int, str, bool]]
PATIENCE_S = 240.0


@dataclass
class Found:
    """What came of it."""

    kills: int = 0
    other_digests: int = 0
    problems: list[str] = field(default_factory=list)
    ready_s: dict[str, list[float]] = field(default_factory=dict)
    cpu_s: dict[str, list[float]] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)

    @property
    def bad(self) -> int:
        """How many things are wrong."""
        return self.other_digests + len(self.problems)


def plan(rng: random.Random, number: int) -> Plan:
    """One kill; every fourth time two, the second while the first is recovered from.

    Every second one that stands alone comes when the next engine has read its modules, as in a book that ran for a while.
    """
    places = ("log", "checkpoint", "snapshot", "other")
    whom = WHOM[number % len(WHOM)]
    place = "log" if number % 4 == 3 else places[number % 4]
    first = (place, rng.randint(1, MOST[place]), whom, number // len(WHOM) % 2 == 0)
    if number % 4 != 3:
        return [first]
    return [
        ("log", rng.randint(100, MOST["log"]), "engine", False),
        ("recovery", rng.randint(1, 60), whom, False),
    ]


class Tree:
    """Trees of one gate, in one folder.

    Parameters
    ----------
    place : Path
    cheat : str
        Of `CHEATS`.
    """

    def __init__(self, place: Path, cheat: str = "") -> None:
        self._place, self._cheat = place, cheat
        (place / "cold.toml").write_text(CONFIG)

    def whole(self) -> str:
        """Digest of a run that is not killed."""
        return self._finished(self._place / "whole", [], Found())

    def point(self, number: int, todo: Plan, found: Found, digest: str) -> None:
        """One book, killed as planned, then run to its end and compared."""
        folder = self._place / f"point{number}"
        try:
            found.other_digests += self._finished(folder, todo, found) != digest
        except AssertionError as error:
            found.problems.append(f"point {number} {todo}: {error}")
            return
        report = verify(folder)
        if not report.ok:
            found.problems.append(f"point {number} {todo}: verify: {report.reason}")

    def _finished(self, folder: Path, todo: Plan, found: Found) -> str:
        marks = folder.with_name(f"{folder.name}.marks")
        marks.mkdir()
        (marks / "plan.json").write_text(json.dumps(todo))
        end = time.monotonic() + PATIENCE_S
        while True:
            code, out, err = self._life(folder, marks)
            if code == 0:
                break
            # A supervisor that was killed; or its engine, which ends within a second, still has the folder.
            assert code in (-9, 10), f"exit code {code}: {err}"
            assert time.monotonic() < end, "it does not come to its end"
        assert not is_owned(folder), "somebody still owns the folder"
        for number, (place, _, whom, calm) in enumerate(todo):
            kind = f"{whom} killed{', the next one ready' if calm else ''}"
            killed, ready = marks / f"killed.{number}", marks / f"ready.{number + 1}"
            if killed.exists():
                found.kills += 1
                found.places[place] = found.places.get(place, 0) + 1
            if killed.exists() and ready.exists():
                at, spent = map(float, ready.read_text().split())
                found.ready_s.setdefault(kind, []).append(at - float(killed.read_text().split()[0]))
                found.cpu_s.setdefault(kind, []).append(spent)
        return str(json.loads(out.splitlines()[-1])["digest"])

    def _life(self, folder: Path, marks: Path) -> tuple[int, str, str]:
        path = os.pathsep.join([str(_TESTS), *filter(None, [os.environ.get("PYTHONPATH")])])
        words = [str(folder), "--config", str(self._place / "cold.toml"), "--exit-at-end", "--json"]
        done = subprocess.run(
            [sys.executable, "-c", _TREE, *words],
            env={**os.environ, "PYTHONPATH": path, "COLD": str(marks), "COLD_CHEAT": self._cheat},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr
