"""B8: the slowest of many seeks into a file of orders, and a copy of a session over a book of 5,000 orders."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from quantrl.backtest import TickConfig, TickSession
from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.data.events import EventFile, EventReplay, Opening, Zi, simulate
from quantrl.data.events.options import ConvertOptions
from quantrl.errors import DataError
from quantrl.rng import generator
from quantrl.typing import FloatArray, IntArray

SIZES = {"full": 1_000_000, "small": 20_000}
SEEKS = 100
WORST_MS = {1 << 16: 1.5, 1 << 13: 0.2}
FORK, KEPT, FORK_US = "TickSession.fork", "TickSession.fork, all kept", 50.0
COPIES = 20
ORDERS = 5_000
_STREAM = 9_033


def cases(size: str) -> Iterator[RateCase]:
    """Seeks at each distance of checkpoints, then the copy."""
    messages = SIZES[size]
    with tempfile.TemporaryDirectory(prefix="quantrl-") as folder:
        for every, worst_ms in WORST_MS.items():
            path = Path(folder) / f"{every}.qev"
            options = ConvertOptions(checkpoint_every=every)
            simulate(path, Zi(market=10.0, cancel=0.2), messages=messages, seed=1, options=options)
            yield _seeks(EventFile(path), every, worst_ms)
        yield _fork(Path(folder) / "deep.qev")


def _seeks(file: EventFile, every: int, worst_ms: float) -> RateCase:
    name = f"worst of {SEEKS} seeks"
    places = generator(0, _STREAM, "synthetic").integers(0, len(file) + 1, SEEKS)
    slowest = _worst(file.replay(), places)
    return RateCase(
        id="B8",
        title=f"seeks into {len(file):,} events of orders, a checkpoint each {every:,}",
        unit="worst seeks",
        contenders=(Contender(name, slowest, measured=slowest),),
        goals=(Goal(name, 1e3 / worst_ms),),
        checks=(
            Check(
                "a replay from the start", lambda: _sought(file, places), lambda: _walked(file, places), 0.0
            ),
        ),
        sha256=file.info.sha256,
        notes=(f"goal: the worst within {worst_ms} ms",),
    )


def _worst(replay: EventReplay, places: IntArray) -> Callable[[], tuple[float, float]]:
    """Wall and CPU seconds of the slowest seek. Between two of them it goes back to the start."""

    def measured() -> tuple[float, float]:
        wall, cpu = [], []
        for place in places.tolist():
            replay.seek(0)
            at = (time.perf_counter(), time.process_time())
            replay.seek(place)
            wall.append(time.perf_counter() - at[0])
            cpu.append(time.process_time() - at[1])
        return max(wall), max(cpu)

    return measured


def _sought(file: EventFile, places: IntArray) -> FloatArray:
    replay = file.replay()
    return np.concatenate([_halves(replay, place, replay.seek) for place in places.tolist()])


def _walked(file: EventFile, places: IntArray) -> FloatArray:
    replay, found = file.replay(), {}
    for place in sorted(set(places.tolist())):
        found[place] = _halves(replay, place, lambda to: replay.step(to - replay.at))
    return np.concatenate([found[place] for place in places.tolist()])


def _halves(replay: EventReplay, place: int, go: Callable[[int], object]) -> FloatArray:
    """The hash before event `place` as two numbers that a float holds."""
    go(place)
    return np.array([replay.hash() >> 32, replay.hash() & 0xFFFF_FFFF], float)


def _fork(path: Path) -> RateCase:
    """Over an opening of 5,000 orders that nothing trades with."""
    opening = Opening(levels=ORDERS // 100, orders=50)
    simulate(path, Zi(market=0.1, cancel=0.001), messages=100, seed=1, opening=opening)
    file = EventFile(path)
    session = TickSession(file, TickConfig(feed_unknown="50us"))
    session.step(events=len(file) - 50)
    live = file.instruments[0].max_live
    if live < ORDERS:
        raise DataError(f"fork: expected a book of at least {ORDERS} orders, got {live}")
    return RateCase(
        id="B8",
        title=f"a copy of a session over a book of {live:,} orders",
        unit="copies",
        contenders=(
            Contender(FORK, lambda: _dropped(session), COPIES),
            Contender(KEPT, lambda: [session.fork() for _ in range(COPIES)], COPIES),
        ),
        goals=(Goal(FORK, 1e6 / FORK_US),),
        checks=(Check("its original", lambda: _ends(session.fork()), lambda: _ends(session.fork()), 0.0),),
        sha256=file.info.sha256,
        notes=(f"goal: {FORK_US:g} us a copy",),
    )


def _dropped(session: TickSession) -> None:
    for _ in range(COPIES):
        session.fork()


def _ends(session: TickSession) -> FloatArray:
    session.step()
    return np.array([session.hash() >> 32, session.hash() & 0xFFFF_FFFF], float)
