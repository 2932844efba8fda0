"""Queue models judged on files of orders: beside sessions of the same orders, and on LOBSTER files where they are."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from quantrl.backtest import (
    Queue,
    QueueCalibration,
    TickConfig,
    TickSession,
    actions,
    calibrate_queue,
    replay,
)
from quantrl.data.events import KINDS, EventFile, Opening, Zi, convert, simulate
from quantrl.errors import ConfigError

SHARED = Path(__file__).parents[3] / "shared" / "data" / "lobster"
HORIZONS = (1, 10, 60)
S = 1_000_000_000
ALONE = TickConfig(feed=0, fill="full", through="full", recovery=None)


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> EventFile:
    """Orders cancelled at one rate wherever they stand, some minutes of them."""
    path = tmp_path_factory.mktemp("zi") / "zi.qev"
    rates, opening = Zi(limit=1.0, market=1.0, cancel=0.05, size=3, window=10), Opening(orders=20, lots=3)
    simulate(path, rates, messages=20_000, seed=5, opening=opening)
    return EventFile(path)


@pytest.fixture(scope="module")
def found(flow: EventFile) -> QueueCalibration:
    return calibrate_queue(flow)


def _as_level_sums(flow: EventFile, path: Path) -> EventFile:
    """What a feed of level sums would have said, from plain dicts."""
    columns = {name: column.tolist() for name, column in flow.columns().items()}
    live: dict[int, list[int]] = {}
    sums: dict[tuple[int, int], int] = defaultdict(int)
    rows: list[tuple[int, str, int, int, int]] = []
    for ts, kind, flags, slot, tick, qty in zip(
        *(columns[name] for name in ("ts", "kind", "flags", "slot", "tick", "qty")), strict=True
    ):
        name = KINDS[kind]
        if name == "ADD":
            live[slot] = [flags & 1, tick, qty]
            sums[flags & 1, tick] += qty
            rows.append((ts, "LEVEL", flags & 1, tick, sums[flags & 1, tick]))
        elif name in ("EXEC", "DELETE"):
            side, at, lots = live[slot]
            off = qty if name == "EXEC" else lots
            if name == "EXEC":
                rows.append((ts, "TRADE", 1 - side, at, qty))
            live[slot][2] -= off
            sums[side, at] -= off
            rows.append((ts, "LEVEL", side, at, sums[side, at]))
        else:
            assert name in ("SNAP_BEGIN", "SNAP_END"), name
    table = {
        "ts": np.array([row[0] for row in rows], np.int64),
        "kind": np.array([KINDS.index(row[1]) for row in rows], np.uint8),
        "flags": np.array([row[2] | 2 for row in rows], np.uint8),
        "tick": np.array([row[3] for row in rows], np.int64),
        "qty": np.array([row[4] for row in rows], np.uint64),
    }
    sizes = {"tick_size": "0.01", "lot_size": "1", "symbol": "SIM"}
    return EventFile(convert(table, path, format="columns", level=2, **sizes).path)


def _fill_times(file: EventFile, config: TickConfig, grid: list[int], end: int) -> list[int | None]:
    """Time from joining to filling of one lot at each touch at each time of the grid, ns; buys before sells."""
    session = TickSession(file, config)
    refs: list[tuple[int, int]] = []
    for joined in grid:
        session.step(until_ns=joined - 1)
        standing = set(session.orders()["ref"].to_list())
        old = [ref for ref, at in refs if at <= joined - 60 * S and ref in standing]
        session.send(*(actions.cancel(ref) for ref in old))
        bid, ask = session.best()
        assert bid is not None
        assert ask is not None
        wishes = (actions.limit("buy", bid, 1, post_only=True), actions.limit("sell", ask, 1, post_only=True))
        refs += [(ref, joined) for ref in session.send(*wishes)]
    session.step(until_ns=end)
    fills = session.fills()
    at = dict(zip(fills["ref"].to_list(), fills["ts_exch"].to_list(), strict=True))
    return [at[ref] - joined if ref in at else None for ref, joined in refs]


def _within(times: list[int | None], horizon: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array([took is not None and took <= horizon * S for took in times])


def test_scores_are_those_of_sessions_with_these_orders(
    flow: EventFile, found: QueueCalibration, tmp_path: Path
) -> None:
    sums = _as_level_sums(flow, tmp_path / "sums.qev")
    times = flow.columns()["ts"]
    split = int(times[len(flow) // 100 * 70 + len(flow) % 100 * 70 // 100])
    end = int(times[-1])
    grid = list(range(split, end + 1, S))
    joined = np.repeat(grid, 2)
    truth = _fill_times(flow, ALONE, grid, end)
    known = {horizon: end - joined >= horizon * S for horizon in HORIZONS}
    assert found.orders == tuple(int(known[horizon].sum()) for horizon in HORIZONS)
    expected = [_within(truth, horizon)[known[horizon]].mean() for horizon in HORIZONS]
    assert found.filled == pytest.approx(expected, abs=1e-12)
    assert 0.0 < found.filled[0] < found.filled[2] < 1.0
    for model, row in zip(found.models, found.scores.iter_rows(named=True), strict=True):
        said = _fill_times(sums, ALONE.but(queue=model), grid, end)
        for horizon in HORIZONS:
            wrong = _within(said, horizon) != _within(truth, horizon)
            assert row[f"brier_{horizon}s"] == pytest.approx(wrong[known[horizon]].mean(), abs=1e-12), model
        judged = known[60] & _within(truth, 60)
        errors = [
            abs((a if a is not None and a <= 60 * S else 60 * S) - (b or 0))
            for a, b, kept in zip(said, truth, judged, strict=True)
            if kept
        ]
        assert row["median_error_s"] == pytest.approx(sorted(errors)[(len(errors) - 1) // 2] / 1e9, abs=1e-9)


def test_the_fitted_model_finds_the_law_and_can_be_used(
    flow: EventFile, found: QueueCalibration, tmp_path: Path
) -> None:
    """Lots vanish wherever they lie, so the chance is about the share that lies behind."""
    shares = 1 - (np.arange(16) + 0.5) / 16
    counted = found.fitted.chances
    assert abs(counted - shares).mean() < 0.1
    assert found.fitted.level_lots[0] < found.fitted.level_lots[2]
    briers = dict(zip(found.scores["model"], found.scores["brier"], strict=True))
    assert briers["fitted"] < briers["risk_averse"]
    assert list(briers.values()) == sorted(briers.values())
    text = str(found.fitted)
    assert Queue.parse(text) == found.fitted
    config = TickConfig(queue=found.fitted, feed=0)
    assert TickConfig.from_dict(config.to_dict()).queue == config.queue
    sums = _as_level_sums(flow, tmp_path / "sums.qev")
    quote = ("quote", {"offset": 0, "refresh": "1s"})
    fitted, averse = replay(sums, quote, config), replay(sums, quote, config.but(queue=Queue.risk_averse()))
    assert fitted.queue is not None
    assert fitted.queue.startswith("fitted(")
    assert len(fitted.queue) == len("fitted(12345678)")
    assert fitted.account().trades > averse.account().trades > 0


def test_what_is_refused(flow: EventFile, tmp_path: Path) -> None:
    sums = _as_level_sums(flow, tmp_path / "sums.qev")
    with pytest.raises(ConfigError, match="file: expected orders"):
        calibrate_queue(sums)
    with pytest.raises(ConfigError, match="instr: expected below 1"):
        calibrate_queue(flow, instr=1)
    with pytest.raises(ConfigError, match="every: expected above 0"):
        calibrate_queue(flow, every=0)
    with pytest.raises(ConfigError, match="fitted: expected a table of 131 bytes, got 2"):
        Queue("fitted", table="0102")
    with pytest.raises(ConfigError, match="fitted: expected a table"):
        Queue("fitted")
    with pytest.raises(ConfigError, match="log: expected no table"):
        Queue("log", table="00")
    with pytest.raises(ConfigError, match="expected hexadecimal digits"):
        Queue.parse("fitted(xyz)")
    with pytest.raises(ConfigError, match="classes of levels that ascend"):
        TickSession(sums, TickConfig(feed=0, queue=Queue.fitted(bytes([9, 8, 7]) + bytes(128))))
    with pytest.raises(ConfigError, match="expected the fitted model"):
        _ = Queue.log().chances

    def stop(events: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        calibrate_queue(flow, progress=stop)


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data/lobster is not there")
def test_a_lobster_file(tmp_path: Path) -> None:
    source = SHARED / "LOBSTER_SampleFile_AMZN_2012-06-21_1.zip"
    made = convert(source, tmp_path / "amzn.qev", format="lobster")
    found = calibrate_queue(EventFile(made.path), every="10s")
    assert found.is_judged
    assert found.cancels > 1_000
    assert 0.0 < found.filled[0] < found.filled[1] < found.filled[2] < 1.0
    assert (found.scores["brier"] < 0.5).all()
