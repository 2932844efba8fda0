"""B1: W-L2 replayed idle and under `quote`, by quantrl and by hftbacktest with each of its depths."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from quantrl.backtest import Fees, Latency, Queue, TickConfig, TickResult, TickSession, replay
from quantrl.cli.bench.harness import Contender, timed
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.cli.bench.tick_rows.flow import FEED_NS, SIZES, START_NS, wl2
from quantrl.cli.bench.tick_rows.hftbacktest import MAKER_BP, REFRESH_NS, TAKER_BP, Peer, job
from quantrl.data.events import EventFile
from quantrl.errors import ConfigError
from quantrl.typing import IntArray

OURS = "replay"
DEPTHS = {"roi": "hftbacktest, ROI vector", "hashmap": "hftbacktest, hash map"}
STRATEGIES: dict[str, tuple[str, Any]] = {
    "idle": ("idle", "noop"),
    "quote": ("quotes every 10 ms", ("quote", {"offset": 1, "size": 1, "refresh": REFRESH_NS})),
}
CONFIG = TickConfig(
    queue=Queue.power2(2),
    latency=Latency.const(FEED_NS, FEED_NS),
    fees=Fees(maker=f"{MAKER_BP}bp", taker=f"{TAKER_BP}bp"),
    fill="full",
    through="full",
    recovery=None,
)
MARGIN, TIMES = 100, 5.0
"""Ticks that the range of the ROI vector goes beyond the prices of the file; what is aimed for."""


def fill_rows(found: TickResult) -> IntArray:
    """(n, 4) time, side (0 buy), tick and lots of each fill, by time, side, tick."""
    sides = (found.fills["side"] == "sell").to_numpy()
    columns = [found.fills[name].to_numpy() for name in ("ts_exch", "tick", "qty")]
    rows = np.stack([columns[0], sides, *columns[1:]], axis=1).astype(np.int64)
    ordered: IntArray = rows[np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0]))]
    return ordered


def cases(size: str, python: str) -> Iterator[RateCase]:
    """Both cases. The peer's process ends with the iterator; without it our rates stand alone."""
    flow = wl2(SIZES[size])
    with tempfile.TemporaryDirectory(prefix="quantrl-") as folder:
        file = EventFile(flow.write(Path(folder) / "wl2.qev"))
        try:
            peer = Peer(python)
        except ConfigError as error:
            for strategy, (what, _) in STRATEGIES.items():
                absent = {"hftbacktest": str(error)}
                yield RateCase(
                    "B1",
                    _title(len(flow), what),
                    "events",
                    (_ours(file, strategy),),
                    absent=absent,
                    sha256=flow.sha256,
                )
            return
        with peer:
            data = flow.write_peer(Path(folder) / "wl2.npz")
            ticks = (int(flow.tick.min()) - MARGIN, int(flow.tick.max()) + MARGIN)
            for strategy, (what, policy) in STRATEGIES.items():
                jobs = {depth: job(data, ticks, depth=depth, strategy=strategy) for depth in DEPTHS}
                theirs = tuple(
                    Contender(DEPTHS[depth], _call(peer, jobs[depth]), len(flow), _clock(peer, jobs[depth]))
                    for depth in DEPTHS
                )
                yield RateCase(
                    id="B1",
                    title=_title(len(flow), what),
                    unit="events",
                    contenders=(_ours(file, strategy), *theirs),
                    goals=(Goal(OURS, TIMES, DEPTHS["roi"]),),
                    checks=_checks(peer, jobs, Path(folder), file, policy) if strategy == "quote" else (),
                    sha256=flow.sha256,
                    notes=("; ".join(f"{name} {version}" for name, version in peer.versions.items()),),
                )


def _title(n: int, what: str) -> str:
    return f"L2 replay of W-L2, {n:,} events, {what}"


def _ours(file: EventFile, strategy: str) -> Contender:
    """Like the peer's, its clock runs during the replay alone: file and session are there before."""
    policy = STRATEGIES[strategy][1]

    def measured() -> tuple[float, float]:
        session = TickSession(file, CONFIG)
        return timed(lambda: session.run(policy))

    return Contender(OURS, lambda: replay(file, policy, CONFIG), len(file), measured)


def _checks(
    peer: Peer, jobs: dict[str, dict[str, Any]], folder: Path, file: EventFile, policy: Any
) -> tuple[Check, ...]:
    def ours() -> Any:
        return _exact(fill_rows(replay(file, policy, CONFIG)))

    return tuple(
        Check(f"fills of {DEPTHS[depth]}", ours, _fills(peer, jobs[depth], folder / f"{depth}.npz"), 0.0)
        for depth in DEPTHS
    )


def _exact(rows: IntArray) -> Any:
    """Fills as floats that are exact: times from the start of the stream."""
    return (rows - [START_NS, 0, 0, 0]).astype(float)


def _fills(peer: Peer, work: dict[str, Any], path: Path) -> Callable[[], Any]:
    return lambda: _exact(peer.fills(work, path))


def _call(peer: Peer, work: dict[str, Any]) -> Callable[[], Any]:
    return lambda: peer.run(work)


def _clock(peer: Peer, work: dict[str, Any]) -> Callable[[], tuple[float, float]]:
    def measured() -> tuple[float, float]:
        said = peer.run(work)
        return said["wall"], said["cpu"]

    return measured
