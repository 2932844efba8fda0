"""Event files from Python: what is converted can be read, sought, checked and merged, and what is wrong is named."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from quantrl.data.events import FLAGS, KINDS, Cst, EventFile, Opening, Zi, convert, merge, simulate
from quantrl.data.events.check import judge
from quantrl.errors import ConfigError, DataError
from reference import events as made

BINANCE = {"format": "binance-spot", "tick_size": "0.5", "lot_size": "0.1"}
COLUMNS = {"format": "columns", "tick_size": "0.01", "lot_size": "1", "symbol": "A"}


@pytest.fixture
def pair(tmp_path: Path) -> EventFile:
    return convert(made.lobster_pair(tmp_path), tmp_path / "abc.qev", format="lobster").open()


@pytest.fixture
def flow(tmp_path: Path) -> EventFile:
    columns = made.random_columns(6_000, 1)
    return convert(columns, tmp_path / "flow.qev", **COLUMNS, checkpoint_every=1_024, keep_ids=True).open()


def test_a_lobster_pair_by_hand(pair: EventFile) -> None:
    assert (pair.info.level, pair.instruments[0].symbol, pair.instruments[0].step) == (3, "ABC", 100)
    assert pair.instruments[0].tick_size == Fraction(1, 10_000)
    assert pair.bbo().drop("received_ns").equals(made.touches())
    assert pair.kinds()["PRINT"] == 1
    assert (pair.quality["rows"], pair.quality["fault_share"], pair.quality["adopted_levels"]) == (7, 0.0, 1)
    assert pair.provenance["day"] == "2012-06-21"
    assert pair.check(strict=True).ok


def test_columns_are_the_events(pair: EventFile) -> None:
    columns = pair.columns()
    assert {len(column) for column in columns.values()} == {len(pair)}
    assert sum(columns["kind"] == KINDS.index("PRINT")) == 1
    executed = columns["kind"] == KINDS.index("EXEC")
    assert columns["tick"][executed].tolist() == [1_000_000, 1_000_100]
    assert columns["qty"][executed].tolist() == [4, 5]
    assert (columns["flags"][executed] & FLAGS["sell"]).tolist() == [0, 1]
    assert columns["ts"][-1] == made.MIDNIGHT + 34_200_600_000_000
    assert columns["received"][0] == np.iinfo(np.int64).min
    part = pair.columns(2, 4)
    assert all(np.array_equal(part[name], column[2:4]) for name, column in columns.items())
    for start, stop in [(-1, 2), (3, 2), (0, len(pair) + 1)]:
        with pytest.raises(ConfigError, match="start, stop"):
            pair.columns(start, stop)


def test_binance_by_hand(tmp_path: Path) -> None:
    done = convert(made.binance(tmp_path), tmp_path / "x.qev", **BINANCE)
    assert (done.quality["bbo_checked"], done.quality["bbo_equal"]) == (1, 1)
    assert (done.info.level, done.info.instruments[0].symbol) == (2, "XUSDT")
    file = done.open()
    replay = file.replay(event=len(file))
    assert replay.depth(3).tolist() == [[[201, 40], [200, 10], [198, 20]], [[203, 5], [0, 0], [0, 0]]]
    assert replay.best() == (201, 203)
    columns = file.columns()
    # 5 ms behind: the smallest latency becomes 0.
    assert (columns["received"] - columns["ts"]).min() == 0
    trade = columns["kind"] == KINDS.index("TRADE")
    assert (columns["tick"][trade].tolist(), columns["qty"][trade].tolist()) == ([203], [3])
    early = convert(made.binance(tmp_path), tmp_path / "y.qev", **BINANCE, recv_offset=0).open().columns()
    assert (early["received"] - early["ts"]).min() == -5_000_000


def test_columns_there_and_back(flow: EventFile, tmp_path: Path) -> None:
    source = made.random_columns(6_000, 1)
    columns = flow.columns()
    for name in ("ts", "kind", "order", "qty"):
        assert np.array_equal(columns[name], source[name]), name
    again = {name: columns[name] for name in ("ts", "received", "kind", "flags", "order", "tick", "qty")}
    other = convert(pl.DataFrame(again), tmp_path / "again.qev", **COLUMNS).open()
    assert other.replay(event=len(other)).depth(9).tolist() == flow.replay(event=len(flow)).depth(9).tolist()
    assert np.array_equal(other.columns()["received"], columns["received"])


def test_replay_equals_plain_dicts_and_seek_equals_replay(flow: EventFile) -> None:
    columns = {name: column.tolist() for name, column in flow.columns().items()}
    orders: dict[int, list[int]] = {}
    replay, sought = flow.replay(), flow.replay()
    out = np.empty((2, 4, 2), np.int64)
    random = np.random.default_rng(2)
    stops = set(random.integers(0, len(flow), 60).tolist())
    for k in range(len(flow)):
        if k in stops:
            depth = replay.depth(4, out).tolist()
            assert depth == _depth(orders, 4)
            sought.seek(k)
            assert (sought.at, sought.hash(), sought.ts_ns) == (replay.at, replay.hash(), replay.ts_ns)
            assert sought.best() == replay.best() == tuple(rows[0][0] or None for rows in depth)
        order, side = columns["order"][k], columns["flags"][k] & 1
        match KINDS[columns["kind"][k]]:
            case "ADD":
                orders[order] = [side, columns["tick"][k], columns["qty"][k]]
            case "DELETE":
                del orders[order]
            case _:
                orders[order][2] -= columns["qty"][k]
        assert replay.step() == 1
    assert replay.step(10) == 0
    for ts in (-1, 0, 999, 1_000, 2_001_000, 1 << 60):
        sought.seek_time(ts)
        assert sought.at == np.searchsorted(flow.columns()["ts"], ts)
        assert flow.replay(ts_ns=ts).hash() == sought.hash()
    for event in (-1, len(flow) + 1):
        with pytest.raises(ConfigError, match="event"):
            sought.seek(event)
    with pytest.raises(ConfigError, match="instrument: expected 0 to 0, got 1"):
        sought.depth(1, instrument=1)
    with pytest.raises(ConfigError, match="out: expected an int64 array"):
        sought.depth(3, out)


def _depth(orders: dict[int, list[int]], levels: int) -> list[list[list[int]]]:
    sides = []
    for side in (0, 1):
        lots: dict[int, int] = {}
        for of, tick, qty in orders.values():
            if of == side:
                lots[tick] = lots.get(tick, 0) + qty
        rows = [list(row) for row in sorted(lots.items(), reverse=side == 0)[:levels]]
        sides.append(rows + [[0, 0]] * (levels - len(rows)))
    return sides


def test_bbo_is_the_touch_after_each_event(flow: EventFile) -> None:
    replay, last, rows = flow.replay(), (None,) * 4, []
    while replay.step():
        (bid, bid_lots), (ask, ask_lots) = (
            tuple(x or None for x in side[0]) for side in replay.depth(1).tolist()
        )
        if (bid, bid_lots, ask, ask_lots) != last:
            last = (bid, bid_lots, ask, ask_lots)
            rows.append((replay.ts_ns, *last))
    table = flow.bbo()
    assert table.select("ts_ns", "bid_ticks", "bid_lots", "ask_ticks", "ask_lots").rows() == rows
    assert (table["received_ns"] > table["ts_ns"]).all()
    with pytest.raises(ConfigError, match="instrument"):
        flow.bbo(1)


def test_merge_keeps_order_and_instruments(flow: EventFile, pair: EventFile, tmp_path: Path) -> None:
    other = convert(made.random_columns(900, 2), tmp_path / "other.qev", **{**COLUMNS, "symbol": "B"}).open()
    done = merge([flow.path, other.path], tmp_path / "both.qev", checkpoint_every=2_048)
    both = done.open()
    assert [row.symbol for row in both.instruments] == ["A", "B"]
    columns = both.columns()
    assert (np.diff(columns["ts"]) >= 0).all()
    for row, source in enumerate((flow, other)):
        own = columns["instr"] == row
        for name in ("ts", "received", "kind", "tick", "qty"):
            assert np.array_equal(columns[name][own], source.columns()[name]), name
        end = both.replay(event=len(both)).depth(5, instrument=row).tolist()
        assert end == source.replay(event=len(source)).depth(5).tolist()
        assert both.bbo(row).equals(source.bbo())
    assert both.check().ok
    three = merge([flow.path, pair.path], tmp_path / "mixed.qev").open()
    assert three.info.level == 3
    level_2 = convert(made.binance(tmp_path), tmp_path / "x.qev", **BINANCE)
    with pytest.raises(ConfigError, match="level 3"):
        merge([flow.path, level_2.path], tmp_path / "no.qev")
    with pytest.raises(ConfigError, match="files"):
        merge([], tmp_path / "no.qev")
    with pytest.raises(ConfigError, match="dst"):
        merge([flow.path], flow.path)
    assert not (tmp_path / "no.qev").exists()


@pytest.mark.parametrize("flow", [Zi(), Cst()])
def test_simulated_files_are_addressed_and_clean(flow: Zi | Cst, tmp_path: Path) -> None:
    paths = [tmp_path / f"{k}.qev" for k in range(3)]
    for path, seed in zip(paths, (1, 1, 2), strict=True):
        simulate(path, flow, messages=3_000, seed=seed)
    first, same, other = (path.read_bytes() for path in paths)
    assert first == same
    assert first != other
    file = EventFile(paths[0])
    assert file.check(strict=True).ok
    bbo = file.bbo()
    assert (bbo["bid_ticks"] < bbo["ask_ticks"]).all()
    opening = Opening(bid=50, levels=2, orders=1, lots=3)
    begun = simulate(tmp_path / "o.qev", flow, messages=0, seed=1, opening=opening).open()
    assert begun.replay(event=len(begun)).depth(3).tolist() == [
        [[50, 3], [49, 3], [0, 0]],
        [[51, 3], [52, 3], [0, 0]],
    ]


def test_simulations_refuse_what_is_no_law(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="market"):
        simulate(tmp_path / "a.qev", Zi(market=-1.0), messages=1, seed=1)
    with pytest.raises(ConfigError, match="messages -1"):
        simulate(tmp_path / "a.qev", Zi(), messages=-1, seed=1)
    with pytest.raises(ConfigError, match="tick_size"):
        simulate(tmp_path / "a.qev", Zi(), messages=1, seed=1, tick_size="0")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"format": "csv"}, ConfigError, "format: expected one of lobster, .*got 'csv'"),
        ({"tick_size": 0.5}, ConfigError, "tick_size: expected an exact decimal as text"),
        ({"tick_size": "1e-2"}, ConfigError, "tick_size"),
        ({"lot_size": None}, ConfigError, "lot_size"),
        ({"lot_size": "0.2"}, DataError, "x.txt, row 2: .*0.5"),
        ({"symbol": ["A", "B"]}, ConfigError, "symbol: expected one"),
        ({"max_line": 20}, DataError, "x.txt, row 0: limit of 20 passed; max_line raises it"),
        ({"max_events": 2}, DataError, "limit of 2 passed; max_events raises it"),
        ({"max_depth": 0}, ConfigError, "max_depth: expected at least 1"),
        ({"max_fault_share": 2.0}, ConfigError, "max_fault_share: expected 0 to 1"),
        ({"recv_offset": "later"}, ConfigError, "recv_offset: expected auto"),
        ({"checkpoint_every": 5}, ConfigError, "checkpoint_every"),
        ({"checkpoint_every": -1}, ConfigError, "options"),
        ({"stricter": True}, ConfigError, "options: expected any of strict, .*got stricter"),
    ],
)
def test_what_no_conversion_takes(
    tmp_path: Path, arguments: dict[str, Any], error: type[Exception], said: str
) -> None:
    source = made.binance(tmp_path)
    strict = {"strict": True} if error is DataError else {}
    with pytest.raises(error, match=said):
        convert(source, tmp_path / "out.qev", **{**BINANCE, **strict, **arguments})
    assert [path.name for path in tmp_path.iterdir()] == ["x.txt"]


def test_sources_that_are_not_there_or_not_as_many(tmp_path: Path) -> None:
    source = made.binance(tmp_path)
    with pytest.raises(DataError, match="none.gz: no such file"):
        convert(tmp_path / "none.gz", tmp_path / "out.qev", **BINANCE)
    with pytest.raises(ConfigError, match="src: expected one file"):
        convert([source, source], tmp_path / "out.qev", **BINANCE)
    with pytest.raises(ConfigError, match="dst: expected another file than the source"):
        convert(source, source, **BINANCE)
    with pytest.raises(ConfigError, match="date"):
        convert(source, tmp_path / "out.qev", format="lobster")
    with pytest.raises(ConfigError, match="date: expected the trading day"):
        convert(source, tmp_path / "out.qev", format="itch")
    with pytest.raises(ConfigError, match="src: expected columns"):
        convert(source, tmp_path / "out.qev", **COLUMNS)
    with pytest.raises(OSError, match="nowhere"):
        convert(source, tmp_path / "nowhere" / "out.qev", **BINANCE)


@pytest.mark.parametrize(
    ("name", "row", "text", "said"),
    [
        (0, 2, "34200.25,4,11,x,1000000,1", "message_1.csv, row 2: size.*'?x"),
        (0, 1, "34200.2,1,12,7,1000000", "message_1.csv, row 1: row: expected 6 fields"),
        (0, 3, "34200.3,3,12,nan,1000000,1", "message_1.csv, row 3: size"),
        (1, 4, "1000100,-5,1000000,6", "orderbook_1.csv, row 4"),
        (1, 5, "1000200,8,1000000,99999999999999999999", "orderbook_1.csv, row 5"),
        (0, 6, "", "row 6"),
    ],
)
def test_malformed_rows_are_named(tmp_path: Path, name: int, row: int, text: str, said: str) -> None:
    paths = made.lobster_pair(tmp_path)
    lines = paths[name].read_text().splitlines()
    lines[row] = text
    paths[name].write_text("\n".join(lines) + "\n")
    with pytest.raises(DataError, match=said):
        convert(paths, tmp_path / "out.qev", format="lobster")
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"kind": np.array([1, 40], np.uint8)}, DataError, "row 1: kind: expected 1 to 16, got 40"),
        ({"kind": np.array([1, 8], np.uint8)}, DataError, "row 1: kind: expected one of level 3, got LEVEL"),
        ({"qty": np.array([1, 1 << 40], np.uint64)}, DataError, "row 1: qty"),
        ({"order": np.array([1, 0], np.uint64)}, DataError, "row 1: order: expected an id above 0"),
        ({"order": None}, ConfigError, "order: expected a column"),
        ({"instr": np.array([0, 3], np.uint16)}, DataError, "row 1: instr: expected below 1, got 3"),
        ({"tick": np.array([1.0, 2.0])}, DataError, "tick: expected a 1-d int64 array, got 1-d float64"),
        ({"side": np.array([1, 2])}, DataError, "columns: expected any of ts"),
        ({"ts": np.array([1], np.int64)}, DataError, "expected 1 entries"),
    ],
)
def test_columns_that_no_event_can_be(
    tmp_path: Path, change: dict[str, Any], error: type[Exception], said: str
) -> None:
    good = {
        "ts": np.array([1, 2], np.int64),
        "kind": np.array([1, 1], np.uint8),
        "flags": np.array([2, 3], np.uint8),
        "order": np.array([1, 2], np.uint64),
        "tick": np.array([10, 12], np.int64),
        "qty": np.array([5, 6], np.uint64),
    }
    with pytest.raises(error, match=said):
        convert({**good, **change}, tmp_path / "out.qev", **COLUMNS)
    assert list(tmp_path.iterdir()) == []
    assert len(convert(good, tmp_path / "out.qev", **COLUMNS).open()) == 2


def test_damaged_files_are_refused_at_every_byte(pair: EventFile, tmp_path: Path) -> None:
    whole = pair.path.read_bytes()
    path = tmp_path / "damaged.qev"
    random = np.random.default_rng(4)
    for at in random.integers(0, len(whole), 150).tolist():
        broken = bytearray(whole)
        broken[at] ^= 1 << int(random.integers(0, 8))
        path.write_bytes(broken)
        with pytest.raises(DataError, match="damaged.qev"):
            EventFile(path)
    for length in range(0, len(whole), 37):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match="damaged.qev"):
            EventFile(path)
    with pytest.raises(DataError, match="no such file"):
        EventFile(tmp_path / "none.qev")
    with pytest.raises(ConfigError, match="access"):
        EventFile(pair.path, access="mmap")
    mapped = EventFile(pair.path, access="map")
    assert mapped.bbo().equals(pair.bbo())


def test_a_check_names_what_is_not_as_it_was_said(flow: EventFile) -> None:
    counts = {name: int(flow.quality.get(name, 0)) for name in flow.quality if name != "fault_share"}
    counts["off_grid"] = 0

    def said(change: dict[str, Any], **options: Any) -> list[str]:
        stored = {**flow.quality, "fault_share": 0.0, **change}
        found = judge(counts, stored, **{"max_fault_share": 0.01, "strict": False, **options})
        return [str(breach) for breach in found.breaches]

    assert said({}) == []
    assert said({"events": 1}) == [f"events: expected 1, as the converter counted, got {len(flow)}"]
    assert said({"fault_share": 0.02}) == ["faults: expected at most 0.01 a row, got 0.020000"]
    assert said({"fault_share": 0.02}, max_fault_share=0.5) == []
    assert said({"bbo_checked": 5, "bbo_equal": 4}) == ["best quotes: expected 5 equal to the book, got 4"]
    with pytest.raises(ConfigError, match="max_fault_share"):
        said({}, max_fault_share=-1.0)


def test_progress_counts_rows_and_can_stop_a_conversion(tmp_path: Path) -> None:
    class EnoughError(Exception):
        pass

    told: list[int] = []

    def tell(rows: int) -> None:
        told.append(rows)
        if rows > 0:
            raise EnoughError

    with pytest.raises(EnoughError):
        simulate(tmp_path / "long.qev", Zi(), messages=1 << 40, seed=1, progress=tell)
    assert told == sorted(told)
    assert told[-1] > 0
    assert list(tmp_path.iterdir()) == []


LOBSTER_SETS = [
    ("LOBSTER_SampleFile_AMZN_2012-06-21_1.zip", 57_515, 13_953, (2_205_100, 249, 2_206_400, 100)),
    ("GOOG_2012-06-21_34200000_45000000_5.zip", 55_567, 17_361, (5_697_100, 300, 5_700_100, 226)),
]


@pytest.mark.parametrize(("name", "rows", "adopted", "last"), LOBSTER_SETS)
def test_lobster_sets_end_where_they_are_known_to(
    shared_data: Path, tmp_path: Path, name: str, rows: int, adopted: int, last: tuple[int, ...]
) -> None:
    source = shared_data / "lobster" / name
    if not source.is_file():
        pytest.skip(f"the reference file lobster/{name} is absent")
    done = convert(source, tmp_path / "out.qev", format="lobster")
    assert (done.quality["rows"], done.quality["adopted_levels"]) == (rows, adopted)
    assert done.open().bbo().row(-1)[2:] == last


BINANCE_SETS = [
    ("usdm/ethusdt_20240808.gz", "binance-futures", "0.01", "0.001", 551, (268_138, 268_139)),
    ("spot/ethusdt_20240808.gz", "binance-spot", "0.01", "0.00000001", 577, (268_250, 268_251)),
]


@pytest.mark.parametrize(("name", "market", "tick_size", "lot_size", "equal", "best"), BINANCE_SETS)
def test_binance_sets_equal_the_venues_best_quotes(
    shared_data: Path,
    tmp_path: Path,
    name: str,
    market: str,
    tick_size: str,
    lot_size: str,
    equal: int,
    best: tuple[int, int],
) -> None:
    source = shared_data / "binance" / name
    if not source.is_file():
        pytest.skip(f"the reference file binance/{name} is absent")
    done = convert(source, tmp_path / "out.qev", format=market, tick_size=tick_size, lot_size=lot_size)
    assert (done.quality["bbo_checked"], done.quality["bbo_equal"]) == (equal, equal)
    file = done.open()
    assert file.replay(event=len(file)).best() == best
    assert file.check(strict=True).ok


def test_stylised_facts_of_a_pair_by_hand(pair: EventFile) -> None:
    facts = pair.stylised_facts(interval_ns=100_000_000)
    kinds = pair.kinds()
    assert (facts.adds, facts.cancels) == (kinds["ADD"], kinds["DELETE"])
    assert facts.trades == kinds["EXEC"]
    columns = pair.columns()
    span = int(columns["ts"][-1] - columns["ts"][0])
    assert facts.seconds == pytest.approx(span / 1e9)
    touches = pair.bbo()
    ends = np.append(touches["ts_ns"].to_numpy()[1:], columns["ts"][-1])
    held = ends - touches["ts_ns"].to_numpy()
    both = (touches["ask_ticks"] - touches["bid_ticks"]).to_numpy().astype(float)
    there = ~np.isnan(both)
    assert facts.spread_ticks == pytest.approx(np.average(both[there], weights=held[there]))
    lots = ((touches["ask_lots"] + touches["bid_lots"]) / 2).to_numpy()
    assert facts.touch_lots == pytest.approx(np.average(lots[there], weights=held[there]))
    assert np.isnan(facts.variance_ratio)
    for wrong in ({"instrument": 1}, {"interval_ns": 0}, {"interval_ns": 1 << 63}, {"interval_ns": 1}):
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            pair.stylised_facts(**wrong)


def test_stylised_facts_of_a_flow_are_its_law(tmp_path: Path) -> None:
    done = simulate(
        tmp_path / "zi.qev", Zi(limit=0.5, market=5.0, cancel=0.1, window=50), messages=20_000, seed=2
    )
    facts = done.open().stylised_facts(interval_ns=200_000_000)
    trades = 2 * 5.0 * facts.seconds
    assert abs(facts.trades - trades) < 4 * trades**0.5
    assert abs(facts.sign_autocorrelation) < 4 / facts.trades**0.5
    assert facts.change_autocorrelation < 0 < facts.volatility_ticks


@pytest.mark.parametrize("work", ["check", "facts", "merge"])
def test_long_walks_tell_and_stop(work: str, tmp_path: Path) -> None:
    file = simulate(tmp_path / "zi.qev", Zi(), messages=200_000, seed=1).open()
    told: list[int] = []

    def tell(events: int) -> None:
        told.append(events)
        raise KeyboardInterrupt

    walks: dict[str, Callable[[], object]] = {
        "check": lambda: file.check(progress=tell),
        "facts": lambda: file.stylised_facts(progress=tell),
        "merge": lambda: merge([file.path, file.path], tmp_path / "no.qev", progress=tell),
    }
    with pytest.raises(KeyboardInterrupt):
        walks[work]()
    assert len(told) == 1
    assert 0 <= told[0] < 2 * len(file)
    assert [path.name for path in tmp_path.iterdir()] == ["zi.qev"]
