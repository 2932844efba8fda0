"""``quantrl bench ticks``: the stream it runs on, the peer as a child, the peer's fills against an oracle of its rules."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quantrl.backtest import LevelBook
from quantrl.cli.bench.rate import run_rate_case
from quantrl.cli.bench.tick_rows import levels, orders, replayed, seeking
from quantrl.cli.bench.tick_rows.flow import FEED_NS, PEER_EVENT, TICK_SIZE, Flow, wl2
from quantrl.cli.bench.tick_rows.hftbacktest import QUEUES, REFRESH_NS, Peer, job
from quantrl.cli.main import run
from quantrl.data.events import EventFile
from quantrl.errors import ConfigError, DataError
from reference.l2_queue import Quotes

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "hftbacktest_fills.json").read_text())["fills"]
PEER_PYTHON = os.environ.get("QUANTRL_TICKS_PYTHON", "")
ROWS = 10_000


def _rows(flow: Flow) -> list[tuple[int, bool, int, int, int]]:
    columns = (flow.ts_ns, flow.trade, flow.sell.astype(int), flow.tick, flow.lots)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def _sha256(fills: list[Any]) -> str:
    return hashlib.sha256(np.array(fills, np.int64).reshape(-1, 4).tobytes()).hexdigest()


def test_the_stream_is_seeded_and_never_crossed(tmp_path: Path) -> None:
    flow = wl2(ROWS)
    assert flow.sha256 == wl2(ROWS).sha256
    assert flow.sha256 != wl2(ROWS, seed=1).sha256
    gaps = np.diff(flow.ts_ns)
    assert gaps.min() >= 1_000
    assert gaps.max() < 200_000
    assert 0.04 < flow.trade.mean() < 0.06
    assert flow.lots[flow.trade].min() >= 1
    book = LevelBook()
    book.apply(flow.level_columns())
    assert book.purged == 0
    file = EventFile(flow.write(tmp_path / "wl2.qev"))
    assert len(file) == ROWS
    assert file.quality["crossed_spans"] == file.quality["locked_spans"] == 0


def test_both_files_hold_the_same_events(tmp_path: Path) -> None:
    flow = wl2(ROWS)
    ours = EventFile(flow.write(tmp_path / "wl2.qev")).columns()
    with np.load(flow.write_peer(tmp_path / "wl2.npz"), allow_pickle=False) as archive:
        theirs = archive["data"]
    assert theirs.dtype == PEER_EVENT
    assert theirs.dtype.itemsize == 64
    assert (theirs["exch_ts"] == ours["ts"]).all()
    assert (theirs["local_ts"] - theirs["exch_ts"] == FEED_NS).all()
    assert (np.round(theirs["px"] / float(TICK_SIZE)).astype(int) == ours["tick"]).all()
    assert (theirs["qty"].astype(np.uint64) == ours["qty"]).all()
    bits = theirs["ev"].astype(np.int64)
    assert ((bits & 0xFF == 2) == flow.trade).all()
    assert ((bits >> 28 & 1 == 1) == flow.sell).all()
    assert (bits >> 30 == 3).all()


@pytest.mark.parametrize("offset", [0, 1])
@pytest.mark.parametrize("queue", QUEUES)
def test_the_oracle_has_the_fills_of_hftbacktest(queue: str, offset: int) -> None:
    rows = _rows(wl2(ROWS))
    fills = Quotes(rows, FEED_NS, FEED_NS, FEED_NS, REFRESH_NS, queue, 2.0, offset).run()
    known = GOLDEN[f"{ROWS} seed 0 {queue} offset {offset}"]
    assert len(fills) == known["n"]
    assert _sha256(fills) == known["sha256"]
    assert sum(lots if side == 0 else -lots for _, side, _, lots in fills) == known["position"]


@pytest.mark.skipif(not PEER_PYTHON, reason="QUANTRL_TICKS_PYTHON names no interpreter with hftbacktest")
def test_the_child_still_gives_the_golden_fills(tmp_path: Path) -> None:
    flow = wl2(ROWS)
    data = flow.write_peer(tmp_path / "wl2.npz")
    ticks = (int(flow.tick.min()) - 100, int(flow.tick.max()) + 100)
    with Peer(PEER_PYTHON) as peer:
        for queue in QUEUES:
            fills = peer.fills(job(data, ticks, queue=queue), tmp_path / "fills.npz")
            assert _sha256(fills.tolist()) == GOLDEN[f"{ROWS} seed 0 {queue} offset 1"]["sha256"]
        with pytest.raises(DataError, match="hftbacktest: KeyError"):
            peer.run({**job(data, ticks), "queue": ["nobody"]})


def test_without_the_peer_its_case_has_no_rate_and_says_why() -> None:
    with pytest.raises(ConfigError, match="not usable with .*No module named 'hftbacktest'"):
        Peer(sys.executable)
    with pytest.raises(ConfigError, match="expected an interpreter, got /no/python"):
        Peer("/no/python")
    found = [run_rate_case(case, 1) for case in replayed.cases("small", sys.executable)]
    assert [list(result.rates) for result in found] == [["replay"], ["replay"]]
    assert all(rate > 0 for result in found for rate in result.rates.values())
    assert all("No module named" in result.case.absent["hftbacktest"] for result in found)


def test_a_child_that_dies_is_an_error(tmp_path: Path) -> None:
    double = tmp_path / "python"
    double.write_text('#!/bin/sh\necho \'{"versions": {}}\'\nread line\necho "out of memory" >&2\nexit 1\n')
    double.chmod(0o755)
    with Peer(double) as peer, pytest.raises(DataError, match="process ended: out of memory"):
        peer.run({})


@pytest.mark.parametrize("row", [orders, levels])
def test_our_ways_agree_and_reach_a_rate(row: Any) -> None:
    result = run_rate_case(row.case("small"), 1)
    assert not result.disagreements
    assert all(rate > 0 for rate in result.rates.values())


def test_seeks_agree_with_a_replay_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    results = [run_rate_case(case, 1) for case in seeking.cases("small")]
    assert [result.disagreements for result in results] == [()] * 3
    assert all(rate > 0 for result in results for rate in result.rates.values())
    monkeypatch.setattr(seeking, "_walked", lambda file, places: seeking._sought(file, places // 2))
    wrong = run_rate_case(next(seeking.cases("small")), 1)
    assert [found.peer for found in wrong.disagreements] == ["a replay from the start"]
    assert not wrong.timings


def test_a_trade_that_differs_gets_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    true = orders._of_single
    monkeypatch.setattr(orders, "_of_single", lambda calls: true(calls) + 1.0)
    result = run_rate_case(orders.case("small"), 1)
    assert [found.peer for found in result.disagreements] == ["Book.submit and Book.apply"]
    assert result.timings == {}


def test_the_command_without_peers_gives_our_rates_and_no_ratio(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "ticks", "--size", "small", "--rounds", "1", "--json"]) == 0
    cases = json.loads(capfd.readouterr().out)["cases"]
    assert [case["id"] for case in cases] == ["B1", "B1", "B5", "B6", "B6", "B8", "B8", "B8", "B9", "B9"]
    assert [case["met"] for case in cases[:5]] == [None] * 5
    assert all(case["absent"] and case["sha256"] for case in cases[:5])
    assert all(case["ours"]["rate"] > 0 and not case["absent"] for case in cases[5:])
    assert [entry["name"] for entry in cases[2]["peers"]] == ["Book.submit"]
