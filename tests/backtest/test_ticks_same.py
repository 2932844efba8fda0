"""What does not decide a result: threads, processes, chunks, where a replay starts, how a file is read, instrument order."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from backtest.tick_runs import CONFIGS, QUOTE, act
from counts import full_or
from quantrl.backtest import Latency, TickBatch, TickSession, actions, replay
from quantrl.cli.bench.tick_rows.flow import wl2
from quantrl.data.events import EventFile, Zi, merge, simulate

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "tick_hashes.json").read_text())
DRAWN = {
    name: config.but(latency=Latency.log_normal("50us", 12.0, 0.5, "9ms")) for name, config in CONFIGS.items()
}
KINDS = pytest.mark.parametrize("kind", list(CONFIGS))
_OTHER = """
import sys
from backtest.tick_runs import QUOTE
from backtest.test_ticks_same import DRAWN
from quantrl.backtest import replay
print(f"{replay(sys.argv[2], QUOTE, DRAWN[sys.argv[1]]).hash():016x}")
"""


@pytest.fixture
def file(kind: str, request: pytest.FixtureRequest) -> EventFile:
    found: EventFile = request.getfixturevalue(kind)
    return found


def _looped(session: TickSession, chunks: int) -> int:
    """Act each 100 ms, which are gone through in so many steps."""
    going = True
    while going:
        act(session)
        for _ in range(chunks):
            going = session.step(dt=100_000_000 // chunks)
    assert session.fills().height > 20
    return session.hash()


@KINDS
def test_process_reading_and_build(kind: str, file: EventFile) -> None:
    """The hash is one for every build of the library: also the one that optimises nothing."""
    found = replay(file, QUOTE, DRAWN[kind])
    assert found.fills.height > 20
    assert f"{found.hash():016x}" == GOLDEN[kind]
    for access in ("read", "map"):
        assert replay(EventFile(file.path, access=access), QUOTE, DRAWN[kind]).hash() == found.hash()
    command = [sys.executable, "-c", _OTHER, kind, str(file.path)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    assert done.stdout.strip() == GOLDEN[kind]


@KINDS
def test_chunks_forks_and_events_by_number(kind: str, file: EventFile) -> None:
    whole = _looped(TickSession(file, DRAWN[kind]), 1)
    assert _looped(TickSession(file, DRAWN[kind]), 4) == whole
    assert _looped(TickSession(file, DRAWN[kind]), 25) == whole
    session = TickSession(file, DRAWN[kind])
    for _ in range(5):
        act(session)
        session.step(dt="100ms")
    fork = session.fork()
    fork.send(actions.cancel_all())
    fork.step(dt="1s")
    assert _looped(session, 2) == whole
    assert fork.hash() != whole


@KINDS
def test_a_start_in_the_middle_is_an_idle_start(kind: str, file: EventFile) -> None:
    config = DRAWN[kind].but(equity_every=None)
    times = file.columns()["ts"]
    for nth in np.random.default_rng(13).integers(0, len(file) * 2 // 3, full_or(100, 5)):
        idle = TickSession(file, config)
        idle.step(until_ns=int(times[nth]))
        sought = TickSession(file, config, start_ns=int(times[nth]))
        assert idle.best() == sought.best()
        idle.run(QUOTE)
        sought.run(QUOTE)
        assert sought.fills().height > 5
        assert idle.hash() == sought.hash()


@KINDS
def test_threads_of_a_batch(kind: str, file: EventFile) -> None:
    def hashes(threads: int) -> list[int]:
        batch = TickBatch([file], DRAWN[kind], 9, dt="100ms", threads=threads)
        depth, account, done, refs = batch.outputs(levels=1, width=2)
        rows = np.zeros((9, 2), actions.ACTION)
        rows["qty"] = 1
        rows["side"][:, 1] = actions.SIDES["sell"]
        while not done.all():
            rows["op"] = (depth[:, 0, :, 0, 1] > 0) * actions.OPS["limit"]
            rows["tick"] = depth[:, 0, :, 0, 0]
            batch.step(rows, depth, account, done, refs)
        assert (account[:, 0, 6] > 5).all()
        return batch.hashes()

    alone = hashes(1)
    assert len(set(alone)) == 9
    assert hashes(2) == alone
    assert hashes(8) == alone


@KINDS
def test_the_order_of_instruments(kind: str, tmp_path: Path) -> None:
    """Each has the fills and the account it has in the other order, and alone."""
    paths = [tmp_path / "a.qev", tmp_path / "b.qev"]
    for seed, path in enumerate(paths):
        if kind == "levels":
            wl2(5_000, seed).write(path)
        else:
            simulate(path, Zi(market=40.0), messages=5_000, seed=seed)
    merge(paths, tmp_path / "ab.qev")
    merge(paths[::-1], tmp_path / "ba.qev")
    config = CONFIGS[kind]
    ab, ba = (TickSession(EventFile(tmp_path / name), config) for name in ("ab.qev", "ba.qev"))
    for step in range(40):
        for session, turned in ((ab, False), (ba, True)):
            for instr in (0, 1):
                bid, ask = session.best(instr ^ turned)
                if bid is None or ask is None or step % 2 == instr:
                    continue
                session.send(actions.limit("buy", bid, 2, instr=instr ^ turned))
                session.send(actions.limit("sell", ask, 2, instr=instr ^ turned))
            session.step(dt="10ms")
    ab.step()
    ba.step()
    shown = ["ts_exch", "ts_local", "side", "tick", "qty", "maker", "leaves", "fee", "reason"]
    for instr in (0, 1):
        fills = ab.fills().filter(pl.col("instr") == instr).select(shown)
        assert fills.height > 5
        assert fills.equals(ba.fills().filter(pl.col("instr") == 1 - instr).select(shown))
        assert ab.account(instr) == ba.account(1 - instr)
        assert (ab.depth(10, instr=instr) == ba.depth(10, instr=1 - instr)).all()
