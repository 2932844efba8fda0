"""D4: a book's events at full speed, journal on, beside the tick engine alone with the same orders at the same steps."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from quantrl import _core
from quantrl.backtest import actions
from quantrl.backtest.ticks import TickSession
from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.live_rows.market import new_book, settings, write_flow
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.data.events import EventFile
from quantrl.live import events
from quantrl.live.config import PaperConfig
from quantrl.live.events import decode
from quantrl.typing import FloatArray

SECONDS = {"full": 300.0, "small": 90.0}
OURS, ENGINE = "daemon", "TickSession"
_FILLED = _core.tick_tables()["outcome"].index("filled")
Order = tuple[int, int, int, int]
"""Instrument, side, lots, ticks."""


@dataclass
class _Replay:
    """One book and, after its first run, every step and order of it."""

    path: Path
    steps: list[tuple[int, list[Order]]] = field(default_factory=list)
    fills: list[tuple[int, int]] = field(default_factory=list)

    @property
    def config(self) -> PaperConfig:
        return settings(self.path, decide_every="1s")

    def book(self) -> tuple[float, float]:
        """The daemon; wall and processor seconds."""
        with new_book(self.config) as daemon:
            cpu, wall = time.process_time(), time.perf_counter()
            daemon.run()
            spent = time.perf_counter() - wall, time.process_time() - cpu
            if not self.steps:
                self._learn(daemon)
        return spent

    def _learn(self, daemon: Any) -> None:
        for event in daemon.journal.events():
            values = decode(event.kind, event.payload)
            if events.moves_feed(values):
                self.steps.append((event.ts, []))
            elif isinstance(values, events.Intent):
                self.steps[-1][1].append((values.inst, values.side, values.qty, values.px))
            elif isinstance(values, events.Fill):
                self.fills.append((values.qty, values.px))

    def engine(self) -> tuple[float, float]:
        """The tick engine alone."""
        session = self._session()
        cpu, wall = time.process_time(), time.perf_counter()
        self._walk(session)
        return time.perf_counter() - wall, time.process_time() - cpu

    def _session(self) -> TickSession:
        return TickSession(EventFile(self.path), self.config.venue.ticks(self.config.seed))

    def _walk(self, session: TickSession) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        for ts, orders in self.steps:
            if ts >= session.now_ns and not session.ended:
                session.step(until_ns=ts)
                found += _executed(session)
            for inst, side, lots, px in orders:
                session.send(actions.limit("buy" if side > 0 else "sell", px, lots, tif="ioc", instr=inst))
        return found

    def told(self) -> FloatArray:
        """Fills of the book: how many, lots, and lots times ticks."""
        return _summed(self.fills)

    def walked(self) -> FloatArray:
        """The same of the engine."""
        return _summed(self._walk(self._session()))


def _executed(session: TickSession) -> list[tuple[int, int]]:
    """Lots and ticks of the executions that the last step brought."""
    told = session.report_columns()
    columns = (told[name].tolist() for name in ("outcome", "qty", "tick"))
    return [(qty, tick) for outcome, qty, tick in zip(*columns, strict=True) if outcome == _FILLED]


def _summed(fills: list[tuple[int, int]]) -> FloatArray:
    return np.array(
        [len(fills), sum(lots for lots, _ in fills), sum(lots * px for lots, px in fills)], dtype=float
    )


@contextmanager
def case(size: str) -> Iterator[RateCase]:
    """The case at a size, while its files are there."""
    with tempfile.TemporaryDirectory() as keep:
        yield _case(write_flow(Path(keep) / "flow.qev", SECONDS[size]))


def _case(path: Path) -> RateCase:
    replay, n_events = _Replay(path), EventFile(path).info.events
    replay.book()
    contenders = (
        Contender(OURS, replay.book, n_events, replay.book),
        Contender(ENGINE, replay.engine, n_events, replay.engine),
    )
    return RateCase(
        "D4",
        "replay at full speed with a journal, 2,000 events/s, an order a second",
        "events",
        contenders,
        (Goal(OURS, 0.3, ENGINE),),
        (Check("fills", replay.told, replay.walked, 0.0),),
        absent={"nautilus_trader": "is in no environment here"},
        notes=(
            f"{len(replay.steps):,} inputs, {len(replay.fills):,} fills; the daemon's part has the contest's rounds in it",
        ),
    )
