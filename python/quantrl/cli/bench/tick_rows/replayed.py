"""B1: W-L2 replayed idle and under `quote`, by hftbacktest with each of its depths."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Check, RateCase
from quantrl.cli.bench.tick_rows.flow import SIZES, START_NS, wl2
from quantrl.cli.bench.tick_rows.hftbacktest import Peer, job
from quantrl.errors import ConfigError

DEPTHS = {"roi": "hftbacktest, ROI vector", "hashmap": "hftbacktest, hash map"}
STRATEGIES = {"idle": "idle", "quote": "quotes every 10 ms"}
MARGIN = 100
"""Ticks that the range of the ROI vector goes beyond the prices of the file."""


def cases(size: str, python: str) -> Iterator[RateCase]:
    """Both cases; without the peer none of them can be timed. The process ends with the iterator."""
    flow = wl2(SIZES[size])
    titles = {name: f"L2 replay of W-L2, {len(flow):,} events, {what}" for name, what in STRATEGIES.items()}
    try:
        peer = Peer(python)
    except ConfigError as error:
        for title in titles.values():
            yield RateCase("B1", title, "events", absent={"hftbacktest": str(error)}, sha256=flow.sha256)
        return
    with peer, tempfile.TemporaryDirectory(prefix="quantrl-") as folder:
        data = flow.write_peer(Path(folder) / "wl2.npz")
        ticks = (int(flow.tick.min()) - MARGIN, int(flow.tick.max()) + MARGIN)
        for strategy, title in titles.items():
            jobs = {depth: job(data, ticks, depth=depth, strategy=strategy) for depth in DEPTHS}
            yield RateCase(
                id="B1",
                title=title,
                unit="events",
                contenders=tuple(
                    Contender(DEPTHS[depth], _call(peer, jobs[depth]), len(flow), _clock(peer, jobs[depth]))
                    for depth in DEPTHS
                ),
                checks=_checks(peer, jobs, Path(folder)) if strategy == "quote" else (),
                sha256=flow.sha256,
                notes=("; ".join(f"{name} {version}" for name, version in peer.versions.items()),),
            )


def _checks(peer: Peer, jobs: dict[str, dict[str, Any]], folder: Path) -> tuple[Check, ...]:
    one, other = (_fills(peer, jobs[depth], folder / f"{depth}.npz") for depth in DEPTHS)
    return (Check("fills of both depths", one, other, 0.0),)


def _fills(peer: Peer, work: dict[str, Any], path: Path) -> Callable[[], Any]:
    """Fills as floats that are exact: times from the start of the stream."""
    return lambda: (peer.fills(work, path) - [START_NS, 0, 0, 0]).astype(float)


def _call(peer: Peer, work: dict[str, Any]) -> Callable[[], Any]:
    return lambda: peer.run(work)


def _clock(peer: Peer, work: dict[str, Any]) -> Callable[[], tuple[float, float]]:
    def measured() -> tuple[float, float]:
        said = peer.run(work)
        return said["wall"], said["cpu"]

    return measured
