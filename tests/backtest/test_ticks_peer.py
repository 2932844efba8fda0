"""Replay of the bench stream under `quote`: the fills that hftbacktest gave, see ``docs/results/ticks.md``."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from counts import FULL
from quantrl.backtest import Fees, Latency, Queue, TickConfig, replay
from quantrl.cli.bench.tick_rows.flow import FEED_NS, wl2
from quantrl.cli.bench.tick_rows.hftbacktest import QUEUES, REFRESH_NS
from quantrl.cli.bench.tick_rows.replayed import fill_rows
from quantrl.data.events import EventFile

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "hftbacktest_fills.json").read_text())["fills"]
ROWS = (10_000, 1_000_000) if FULL else (10_000,)
SEEDS = range(3)


@pytest.fixture(scope="module", params=[(n, seed) for n in ROWS for seed in SEEDS], ids=str)
def stream(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, EventFile]:
    n, seed = request.param
    path = tmp_path_factory.mktemp("wl2") / "wl2.qev"
    return f"{n} seed {seed}", EventFile(wl2(n, seed).write(path))


@pytest.mark.parametrize("offset", [0, 1])
@pytest.mark.parametrize("queue", QUEUES)
def test_fills_are_those_of_hftbacktest(stream: tuple[str, EventFile], queue: str, offset: int) -> None:
    name, file = stream
    known = GOLDEN[f"{name} {queue} offset {offset}"]
    config = TickConfig(
        queue=Queue(queue, 2.0 if queue.startswith("power") else None),
        latency=Latency.const(FEED_NS, FEED_NS),
        fees=Fees(maker="-0.5bp", taker="7bp"),
        fill="full",
        through="full",
        recovery=None,
    )
    found = replay(file, ("quote", {"offset": offset, "size": 1, "refresh": REFRESH_NS}), config)
    fills, account = fill_rows(found), found.account()
    assert len(fills) == known["n"]
    assert hashlib.sha256(np.ascontiguousarray(fills).tobytes()).hexdigest() == known["sha256"]
    assert account.position == known["position"]
    assert account.cash == pytest.approx(known["balance"], rel=1e-9)
    assert account.fee == pytest.approx(known["fee"], rel=1e-9)
