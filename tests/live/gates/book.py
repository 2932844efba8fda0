"""A small paper book that does in seconds all that a daemon does in months, for gates that run it thousands of times.

The panel is made once, before any fork, from integers; nothing here touches a database or a thread pool until `run`.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from live.gates.cheats import CHEATS
from live.gates.toy import Outcome, Surroundings, lost_snapshots
from quantrl.agent import Decision, Native
from quantrl.data import Panel, View
from quantrl.live import cycle, opened
from quantrl.live import events as ev
from quantrl.live.config import PaperConfig
from quantrl.live.engine import Daemon
from quantrl.live.inspection import verify
from quantrl.live.journal import NAME, Journal
from quantrl.live.setup import Setup
from quantrl.live.storage import Storage
from quantrl.units import NS_PER_DAY

SYMBOLS = ("A", "B", "C", "D")
BARS = 104
FIRST = 18_000 * NS_PER_DAY
NATIVE = 4
Content = list[tuple[int, int, int, int, bytes]]
RESERVE_BYTES = 64 * 1024
CODE = "the code under test"
COMMANDS: tuple[tuple[int, str, dict[str, str]], ...] = (
    (30, "agent_off", {"agent": "rules/momentum"}),
    (31, "agent_on", {"agent": "rules/momentum"}),
    (70, "lock", {"instrument": "B", "side": "buy"}),
    (76, "unlock", {"instrument": "B", "side": "buy"}),
    (80, "no_entry", {"reason": "news"}),
    (83, "active", {}),
    (88, "agent_off", {"agent": "rules/price_above_sma"}),
    (92, "reduce_only", {}),
    (94, "active", {}),
    (98, "cancel_all", {}),
    (100, "active", {}),
)
"""After which bar (its number from 0) which command is given; its place is its nonce."""


def panel(bars: int = BARS, step: int = NS_PER_DAY) -> Panel:
    """Whole ticks of 0.01 that wander: opens and closes, a bar every `step` ns."""
    t, i = np.meshgrid(np.arange(bars), np.arange(len(SYMBOLS)), indexing="ij")
    noise = (t * t * 7_919 + t * i * 104_729 + t * 31 + i * 17) % 101
    trend = np.where((t // 7 + i) % 4 < 3, 26, -40)
    close = 5_000 + 700 * np.arange(len(SYMBOLS)) + np.cumsum(noise - 50 + trend, axis=0)
    columns = {"close": close / 100, "open": (close - noise % 7) / 100}
    time = FIRST + step * np.arange(bars, dtype=np.int64)
    return Panel.from_arrays(columns, time, SYMBOLS, periods_per_year=252.0)


def config(**changes: Any) -> PaperConfig:
    """Five agents, wide limits, fast rounds."""
    raw = {
        "name": "small",
        "seed": 3,
        "data": {"sample": "synthetic"},
        "backtest": {"fill": "next_open", "costs": {"bps": 10}},
        "selection": {"half_life": 8.0, "psr_enter": 0.0, "psr_stay": 0.0, "ban": 5, "copy_correlation": 1.0},
        "risk": {
            "position_bp": 6_000,
            "order_bp": 6_000,
            "daily_loss_bp": 2_000,
            "drawdown_reduce_bp": 4_000,
            "drawdown_halt_bp": 6_000,
        },
        "rounds": {"quiet_rounds": 1, "vesting_pct": 50},
        "agents": [
            {"id": "rules/equal_weight", "params": {"every": 3}},
            {"id": "rules/mean_reversion", "params": {"lookback": 2, "k": 2, "every": 1}},
            {"id": "rules/momentum", "params": {"lookback": 5, "skip": 1, "k": 2, "every": 2}},
            {"id": "rules/price_above_sma", "params": {"window": 4, "every": 1}},
            {"id": "rules/buy_and_hold", "name": "remembers"},
        ],
    }
    return PaperConfig.of({**raw, **changes})


class Remembers:
    """A native agent: what it holds depends on how often it was asked since genesis, and on the last close."""

    def __init__(self) -> None:
        self._asked = 0

    def decide(self, view: View) -> Decision:
        """All in one name, another every third time it is asked."""
        self._asked += 1
        close = view.window("close", 1)[-1]
        n = len(close)
        weights = np.zeros(n)
        weights[(self._asked // 3 + int(close[0] * 100) % 2) % n] = 0.75
        return Decision(weights)

    def snapshot(self) -> bytes:
        return struct.pack("<q", self._asked)

    def restore(self, state: bytes, now: int, n_instruments: int) -> None:
        (self._asked,) = struct.unpack("<q", state)


@contextmanager
def small() -> Iterator[None]:
    """Snapshots, checkpoints and a small reserve within a few bars; groups that no clock ends; one agent is native."""
    whole = Storage.reserve

    def natives(setup: Setup) -> dict[int, Native]:
        return {NATIVE: Remembers()} if setup.n_agents > NATIVE else {}

    with ExitStack() as stack:
        for place, name, value in (
            (cycle, "GROUP", 24),
            (cycle, "GROUP_S", 3_600.0),
            (cycle, "SNAPSHOT_EVENTS", 250),
            (cycle, "CHECKPOINT_PAGES", 60),
            (opened, "code_version", lambda: CODE),
            (Storage, "reserve", lambda storage: whole(storage, RESERVE_BYTES)),
            (Setup, "natives", natives),
        ):
            stack.enter_context(patch.object(place, name, value))
        yield


def play(daemon: Daemon, data: Panel, speed: float | str = "max") -> None:
    """From wherever a book is to its end, every command after its bar and once."""
    for number, (bar, verb, args) in enumerate(COMMANDS):
        daemon.run(until=int(data.time[bar]), speed=speed)
        daemon.command(verb, nonce=f"n{number}", **args)
    daemon.run(speed=speed)


class Small:
    """The workload."""

    def __init__(self) -> None:
        self.config, self.panel = config(), panel()
        # Computed and kept now, so that children share it.
        assert self.panel.id

    def daemon(self, folder: Path, around: Surroundings) -> Daemon:
        """The book of a folder, made where there is none; call it within `small`."""
        if (folder / NAME).exists():
            return Daemon.open(folder, panel=self.panel, disk=around.disk, vfs=around.vfs)
        return Daemon.create(folder, self.config, panel=self.panel, disk=around.disk, vfs=around.vfs)

    def run(self, folder: Path, around: Surroundings) -> None:
        with small(), CHEATS[around.sabotage](), _telling(around):
            daemon = self.daemon(folder, around)
            try:
                play(daemon, self.panel)
                daemon.close()
            finally:
                daemon.abandon()

    def check(self, folder: Path, around: Surroundings) -> Outcome:
        if not (folder / NAME).exists():
            return Outcome("", 0)
        report = verify(folder, disk=around.disk, vfs=around.vfs)
        if not report.ok:
            return Outcome("", 0, [f"verify: {report.reason}"])
        with Journal.open(folder, True, disk=around.disk, vfs=around.vfs) as journal:
            problems = list(lost_snapshots(folder, journal))
            return Outcome(journal.content_digest().hex(), journal.committed.seq, problems)


def content(journal: Journal) -> Content:
    """(kind, ts, agent, cause, payload) of every content event, by ord from 1."""
    return [(e.kind, e.ts, e.agent, e.cause, e.payload) for e in journal.events() if ev.is_content(e.kind)]


def lived(folder: Path, data: Panel, last: int, cheat: str = "") -> Content:
    """Content of a book that took bars up to `last`, its identity pinned; the folder is gone afterwards."""
    pinned = patch.object(PaperConfig, "book_id", lambda config, *digests: bytes(16))
    with pinned, small(), CHEATS[cheat](), Daemon.create(folder, BOOK.config, panel=data) as daemon:
        for bar, verb, args in COMMANDS:
            if bar <= last:
                daemon.run(until=int(data.time[bar]))
                daemon.command(verb, **args)
        daemon.run(until=int(data.time[last]))
        found = content(daemon.journal)
    shutil.rmtree(folder)
    return found


@contextmanager
def _telling(around: Surroundings) -> Iterator[None]:
    """Whoever waits hears of every commit once it is made; the sabotage ``early`` tells before."""
    commit = Journal.commit

    def told(journal: Journal) -> Any:
        if around.sabotage == "early":
            around.acknowledged(journal.head.seq)
        head = commit(journal)
        around.acknowledged(head.seq)
        return head

    with patch.object(Journal, "commit", told):
        yield


BOOK = Small()
