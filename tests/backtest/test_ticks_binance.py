"""A recorded Binance day through hftbacktest and through `replay`: the same fills."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from backtest.hft_rows import peer_rows
from quantrl.backtest import Fees, Latency, Queue, TickConfig, replay
from quantrl.cli.bench.tick_rows.flow import FEED_NS
from quantrl.cli.bench.tick_rows.hftbacktest import QUEUES, REFRESH_NS, Peer, job
from quantrl.cli.bench.tick_rows.replayed import fill_rows
from quantrl.data.events import EventFile, convert

SHARED = Path(__file__).parents[3] / "shared" / "data" / "binance"
PEER_PYTHON = os.environ.get("QUANTRL_TICKS_PYTHON", "")
SETS = {
    "usdm/btcusdt": ("binance-futures", "0.1", "0.001"),
    "spot/btcusdt": ("binance-spot", "0.01", "0.00001"),
}

pytestmark = [
    pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data/binance is not there"),
    pytest.mark.skipif(not PEER_PYTHON, reason="QUANTRL_TICKS_PYTHON names no interpreter with hftbacktest"),
]


@pytest.fixture(scope="module", params=list(SETS))
def file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> EventFile:
    form, tick_size, lot_size = SETS[request.param]
    path = tmp_path_factory.mktemp("binance") / "day.qev"
    source = SHARED / f"{request.param}_20240808.gz"
    return EventFile(convert(source, path, format=form, tick_size=tick_size, lot_size=lot_size).path)


def test_fills_are_those_of_hftbacktest(file: EventFile, tmp_path: Path) -> None:
    (instrument,) = file.instruments
    rows, data = peer_rows(file), tmp_path / "day.npz"
    np.savez(data, data=rows)
    sizes = {"tick_size": float(instrument.tick_size), "lot_size": float(instrument.lot_size)}
    with Peer(PEER_PYTHON) as peer:
        for queue in QUEUES:
            for offset in (0, 1):
                config = TickConfig(
                    queue=Queue(queue, 2.0 if queue.startswith("power") else None),
                    latency=Latency.const(FEED_NS, FEED_NS),
                    fees=Fees(maker="-0.5bp", taker="7bp"),
                    fill="full",
                    through="full",
                    recovery=None,
                )
                policy = ("quote", {"offset": offset, "size": 1, "refresh": REFRESH_NS})
                found = replay(file, policy, config)
                asked = job(data, (0, 0), depth="hashmap", queue=queue, offset=offset) | sizes
                theirs = peer.fills(asked, tmp_path / "fills.npz")
                ours = fill_rows(found)
                assert len(ours) > 50
                assert ours.tolist() == theirs.tolist(), f"{queue}, offset {offset}"
                said, account = peer.run(asked), found.account()
                lot = float(instrument.lot_size)
                assert account.position == round(said["position"] / lot)
                assert account.cash == pytest.approx(said["balance"], rel=1e-9, abs=1e-6)
                assert account.fee == pytest.approx(said["fee"], rel=1e-9, abs=1e-9)
