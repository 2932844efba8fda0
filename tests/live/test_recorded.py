"""Recorded bars in ticks: the same rows in the same batches, and nothing that no market could print."""

from __future__ import annotations

import hashlib
import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quantrl.data import Panel, load_sample
from quantrl.errors import ConfigError, FeedError
from quantrl.live.feeds import BarRow, Batch, Feed
from quantrl.live.feeds.recorded import Recorded
from quantrl.live.instruments import Instrument, Instruments
from quantrl.units import NS_PER_DAY

NAN = np.nan
CLOSE = np.array([[10.01, 20.0], [10.02, NAN], [10.03, 20.5], [10.0, 20.25]])
OPEN = np.array([[10.0, 19.99], [10.0, NAN], [10.5, 20.0], [10.25, 20.0]])
TABLE = Instruments([Instrument.of("A", "0.01"), Instrument.of("B", "0.25")])
ROUNDED = Instruments(TABLE.table, tick_policy="round")
CENTS = Instruments([Instrument.of("A", "0.01"), Instrument.of("B", "0.01")])


def panel(close: Any = CLOSE, open_: Any = OPEN, **settings: Any) -> Panel:
    columns = {"close": close} if open_ is None else {"close": close, "open": open_}
    time = (np.arange(len(close), dtype=np.int64) + 18_000) * NS_PER_DAY
    return Panel.from_arrays(columns, time, ["A", "B"], **settings)


def rows(feed: Recorded, position: int = 0) -> list[BarRow]:
    return [row for batch in feed.batches(position) for row in batch.rows]


def test_rows_are_the_panel_in_ticks() -> None:
    feed: Feed = Recorded(panel(), CENTS)
    first, second, *_ = (batch.rows[0] for batch in feed.batches())
    day = 18_000 * NS_PER_DAY
    assert first == BarRow(0, day, day, (1_001, 2_000), (1_000, 1_999))
    assert (second.close, second.price) == ((1_002, 0), (1_000, 0))
    assert feed.instruments() is CENTS
    assert feed.resumable
    closes = Recorded(panel(open_=None), CENTS, fill="next_close")
    assert all(row.close == row.price for row in rows(closes))


def test_what_cannot_be_traded_is_marked_but_has_no_price() -> None:
    halted = panel(masks={"tradable": CLOSE != 10.03})
    row = rows(Recorded(halted, CENTS, fill="next_close"))[2]
    assert (row.close, row.price) == ((1_003, 2_050), (0, 2_050))


@pytest.mark.parametrize("position", range(5))
def test_a_position_is_where_to_go_on(position: int) -> None:
    feed = Recorded(panel(), CENTS)
    assert rows(feed, position) == rows(feed)[position:]
    assert [batch.position for batch in feed.batches(position)] == list(range(position + 1, 5))
    for bad in (-1, 5):
        with pytest.raises(FeedError, match=f"position: expected 0 to 4, got {bad}"):
            feed.batches(bad)


def test_a_batch_is_all_that_became_known_at_one_time() -> None:
    time = panel().time
    late = np.array([time[1], time[1], time[2], time[3] + 5])
    per_name = np.column_stack([late, time])
    for at in (late, per_name):
        feed = Recorded(panel(available_at={"close": at}), CENTS)
        batches = list(feed.batches())
        assert [len(batch.rows) for batch in batches] == [2, 1, 1]
        assert [batch.position for batch in batches] == [2, 3, 4]
        assert [row.available for row in rows(feed)] == late.tolist()
        assert next(feed.batches(1)) == Batch(batches[0].rows[1:], 2)
    with pytest.raises(FeedError, match=rf"^row 2: available_at: expected {time[3]} or later"):
        Recorded(panel(available_at={"close": np.array([time[0], time[3], time[2], time[3]])}), CENTS)


def test_the_digest_of_rows_is_one_of_their_plain_bytes() -> None:
    feed = Recorded(panel(), CENTS)
    expected = b"quantrl.bars.1\n"
    for row in rows(feed)[1:3]:
        expected += struct.pack("<7q", row.row, row.time, row.available, *row.close, *row.price)
    assert feed.digest(1, 2) == hashlib.sha256(expected).digest()
    feed.check(1, 2, feed.digest(1, 2))
    with pytest.raises(
        FeedError, match=rf"rows 0 to 2: .* expected sha256 00.*found {feed.digest(0, 2).hex()}"
    ):
        feed.check(0, 2, bytes(32))
    for span in ((0, 4), (2, 1), (-1, 2)):
        with pytest.raises(FeedError, match="rows: expected"):
            feed.digest(*span)


def test_one_changed_price_changes_the_digest_of_its_row_alone() -> None:
    changed = CLOSE.copy()
    changed[2, 0] += 0.01
    one, other = Recorded(panel(), CENTS), Recorded(panel(changed), CENTS)
    assert [one.digest(t, t) == other.digest(t, t) for t in range(4)] == [True, True, False, True]
    assert one.sha256 != other.sha256
    with pytest.raises(FeedError, match=f"expected sha256 {one.sha256}, found {other.sha256}"):
        Recorded(panel(changed), CENTS, sha256=one.sha256)
    assert Recorded(panel(), CENTS, sha256=one.sha256).sha256 == panel().id


def test_a_price_off_the_grid_is_refused_or_rounded() -> None:
    with pytest.raises(FeedError, match=r"^open: row 0: B: expected a multiple of tick 0\.25, got 19\.99;"):
        Recorded(panel(), TABLE)
    feed = Recorded(panel(), ROUNDED)
    assert rows(feed)[0].price == (1_000, 80)
    assert feed.off_grid == pytest.approx(0.04)
    halves = panel(np.array([[10.0, 0.375], [10.0, 0.625]]), None)
    assert [row.close[1] for row in rows(Recorded(halves, ROUNDED, fill="next_close"))] == [2, 2]


@pytest.mark.parametrize("price", [0.001, 1e17, 2.0**80])
def test_a_price_no_tick_can_hold_is_refused_under_any_policy(price: float) -> None:
    close = CLOSE.copy()
    close[3, 1] = price
    beyond = r"expected from 1 to 2\^63 - 1 ticks of 0\.01"
    off_grid = r"expected a multiple of tick 0\.01"
    for policy, message in [("exact", off_grid if price < 1 else beyond), ("round", beyond)]:
        table = Instruments(CENTS.table, tick_policy=policy)
        with pytest.raises(FeedError, match=rf"^close: row 3: B: {message}, got {re.escape(repr(price))}"):
            Recorded(panel(close, None), table, fill="next_close")


@pytest.mark.parametrize("gone", ["close", "open"])
def test_half_a_bar_is_refused(gone: str) -> None:
    torn = {"close": CLOSE.copy(), "open": OPEN.copy()}
    torn[gone][2, 1] = NAN
    with pytest.raises(FeedError, match=rf"^row 2: {gone} of B: expected a price beside its .*, got NaN"):
        Recorded(panel(torn["close"], torn["open"]), CENTS)


def test_settings_name_their_field() -> None:
    for table, options, message in [
        (Instruments(CENTS.table[::-1]), {}, "instruments: expected A, B, got B, A"),
        (Instruments(CENTS.table[:1]), {}, "instruments: expected A, B, got A"),
        (CENTS, {"fill": "next_typical"}, "fill: expected one of next_open, next_close, got 'next_typical'"),
    ]:
        with pytest.raises(ConfigError, match=message):
            Recorded(panel(), table, **options)
    with pytest.raises(ConfigError, match="fill: next_open needs the column 'open'"):
        Recorded(panel(open_=None), CENTS)


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(("date,A,B", *lines)) + "\n")
    return path


def test_a_file_is_known_by_its_own_hash(tmp_path: Path) -> None:
    path = write(tmp_path / "bars.csv", "2024-01-02,10.01,20.5", "2024-01-03,10.02,", "2024-01-04,10,21")
    feed = Recorded.from_file(path, CENTS, fill="next_close", close_time="16:00 America/New_York")
    assert [row.close for row in rows(feed)] == [(1_001, 2_050), (1_002, 0), (1_000, 2_100)]
    assert feed.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    write(path, "2024-01-02,10.01,20.5", "2024-01-03,10.02,", "2024-01-04,10,21.0")
    with pytest.raises(FeedError, match=f"expected sha256 {feed.sha256}, found"):
        Recorded.from_file(path, CENTS, fill="next_close", sha256=feed.sha256)


@pytest.mark.parametrize(
    "lines",
    [
        ("2024-01-02,10,20", "2024-01-03,-10,20"),
        ("2024-01-02,10,20", "2024-01-03,inf,20"),
        ("2024-01-03,10,20", "2024-01-02,10,20"),
        ("2024-01-02,10,20", "2024-01-02,10,20"),
        ("2024-01-02,10,20", "2024-01-03,ten,20"),
        (),
    ],
)
def test_a_file_no_market_could_print_is_refused(tmp_path: Path, lines: tuple[str, ...]) -> None:
    with pytest.raises(FeedError):
        Recorded.from_file(write(tmp_path / "bars.csv", *lines), CENTS, fill="next_close")
    with pytest.raises(FeedError):
        Recorded.from_file(tmp_path / "absent.csv", CENTS)


def test_the_sample_is_on_its_grid() -> None:
    us20 = load_sample("us20")
    table = Instruments(Instrument.of(symbol, "0.001") for symbol in us20.instruments)
    feed = Recorded(us20, table, fill="next_close")
    assert feed.off_grid < 1e-6
    assert sum(len(batch.rows) for batch in feed.batches()) == feed.n_rows == us20.n_bars
    last = rows(feed, feed.n_rows - 1)[0]
    assert np.array_equal(np.array(last.close), np.rint(us20["close"][-1] * 1_000))
