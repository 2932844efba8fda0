"""A book on a market that is made as time goes: that of a file of the same seed, wherever it is stopped."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from live.tick_books import FLOW, LATE, RESTS, START, SYMBOLS, TAKES, config, make, reopen, synthetic
from quantrl.data.events import EventStream, Opening, merge, simulate
from quantrl.data.growing import Growing
from quantrl.errors import ConfigError, DataError, FeedError
from quantrl.live import Daemon, events, verify
from quantrl.live._decision import decision
from quantrl.live.config import PaperConfig
from quantrl.live.events import decode
from quantrl.live.feeds.synthetic import SyntheticFeed
from quantrl.live.run_folder import fill_run
from quantrl.live.setup import Setup

SECOND = 10**9
ROWS = 100
OPENING = Opening(bid=10_000, levels=40, orders=4, lots=5)
BOTH = pytest.mark.parametrize("venue", [TAKES, RESTS], ids=["takes", "rests"])


def feed_of(settings: PaperConfig) -> SyntheticFeed:
    feed = Setup.of(settings).feed
    assert isinstance(feed, SyntheticFeed)
    return feed


def content(daemon: Daemon, *but: type[Any]) -> Iterator[tuple[Any, ...]]:
    for event in daemon.journal.events(1):
        values = decode(event.kind, event.payload)
        if event.ord and not isinstance(values, but):
            yield event.ts, event.kind, event.agent, tuple(values)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same market as a file, a little longer."""
    folder = tmp_path_factory.mktemp("flow")
    parts = [folder / f"{symbol}.qev" for symbol in SYMBOLS]
    for stream, (part, symbol) in enumerate(zip(parts, SYMBOLS, strict=True)):
        simulate(
            part, FLOW, messages=6_000, seed=3, stream=stream, start_ns=START, symbol=symbol, opening=OPENING
        )
    merge(parts, folder / "flow.qev")
    return folder / "flow.qev"


@BOTH
def test_it_trades_as_on_a_file_of_the_same_market(tmp_path: Path, file: Path, venue: dict[str, str]) -> None:
    end = START + (ROWS - 1) * SECOND
    with make(tmp_path / "made", synthetic(venue=venue)) as made:
        made.run(until=end)
        with make(tmp_path / "read", config(file, venue=venue)) as read:
            read.run(until=end)
            # Client ids and digests depend on the book's name for its feed; times, sizes and prices do not.
            named = (events.Config, events.Market, events.Intent, events.OrderState, events.Fill)
            others = list(content(made, *named, events.CancelIntent))
            assert others == list(content(read, *named, events.CancelIntent))
            for kind in (events.Market, events.Intent, events.Fill):
                sizes = {"client_id", "venue_fill_id", "sha256", "feed"}
                keep = [at for at, name in enumerate(kind._fields) if name not in sizes]
                pair = [
                    [
                        (ts, *(v[at] for at in keep))
                        for ts, number, _, v in content(book)
                        if number == events.KIND_OF[kind]
                    ]
                    for book in (made, read)
                ]
                assert pair[0] == pair[1]
                assert len(pair[0]) > 15


def test_restarts_leave_no_trace(tmp_path: Path) -> None:
    settings = synthetic(venue=RESTS)
    with make(tmp_path / "whole", settings) as daemon:
        daemon.run()
        digest, rows = daemon.content_digest(), daemon.bar
        assert rows == ROWS - 1
        assert daemon.book.desk is not None
        assert daemon.book.desk.ended
    folder = tmp_path / "parts"
    make(folder, settings).close()
    for number, at in enumerate((0.3, 40.0, 71.45, 88.0)):
        daemon = reopen(folder)
        daemon.run(until=START + int(at * SECOND))
        # By turns: a clean stop, one without a snapshot, and all snapshots gone.
        (daemon.abandon if number % 3 else daemon.close)()
        if number % 3 == 2:
            shutil.rmtree(folder / "snapshots")
    with reopen(folder) as daemon:
        daemon.run()
        assert daemon.content_digest() == digest
    found = verify(folder, rederive=True)
    assert found.ok, found.reason
    assert found.rederived_fraction == 1.0


def test_other_seeds_are_other_markets_and_a_longer_horizon_is_the_same(tmp_path: Path) -> None:
    short, long, other = (
        feed_of(synthetic(law={"horizon": horizon}, seed=seed))
        for horizon, seed in (("9s", 3), ("20s", 3), ("9s", 4))
    )
    assert [short.row(k) for k in range(9)] == [long.row(k) for k in range(9)]
    assert short.sha256 == long.sha256 != other.sha256
    assert short.row(8) != other.row(8)
    with pytest.raises(FeedError, match="changed since it was recorded: expected sha256 0"):
        SyntheticFeed(
            short.law, 3, short.config, every_ns=SECOND, batch_ns=SECOND, periods_per_year=1.0, sha256="0"
        )


def test_nothing_later_is_there(tmp_path: Path) -> None:
    """What agents may see ends at the row that has come, though its events are made a little before."""
    seen: list[tuple[int, int]] = []
    with make(tmp_path / "b", synthetic(venue=RESTS)) as daemon:

        def look(book: Daemon) -> None:
            panel = book.setup.panel
            known = int((~np.isnan(panel["close"]).all(axis=1)).sum())
            view = panel.as_of(book.book.ts)
            seen.append((view.n - book.bar - 1, known - view.n))

        daemon.on_cycle = look
        daemon.run()
    assert {ahead for ahead, _ in seen} == {0}
    # That which is being received, the one a report may come in, and one for what is behind it.
    assert max(made for _, made in seen) <= 3


def test_it_looks_back_as_far_as_it_is_asked() -> None:
    feed = feed_of(synthetic())
    early = feed.digest(3, 900)
    rows = [feed.row(k) for k in range(ROWS)]
    assert feed.digest(3, 900) == early
    assert [feed.row(k) for k in range(ROWS)] == rows
    again = feed_of(synthetic())
    again.resume(feed.to_plain(ROWS - 2))
    assert [again.row(k) for k in range(ROWS)] == rows
    last = feed.received(feed.end_ts)
    assert again.digest(last - 200, last - 1) == feed.digest(last - 200, last - 1)
    with pytest.raises(FeedError, match="expected 0 to"):
        feed.digest(0, 10**9)
    with pytest.raises(FeedError, match="changed since they were recorded"):
        feed.check(3, 900, b"")


def test_a_latency_of_many_rows(tmp_path: Path) -> None:
    """The exchange is far ahead of what is known."""
    late = {**LATE, "feed_latency": "4500ms"}
    with make(tmp_path / "b", synthetic(venue={**RESTS, **late}, risk={"data_age": 10**12})) as daemon:
        daemon.run()
        closes = daemon.setup.panel["close"]
        assert np.isnan(closes[:4]).all()
        assert not np.isnan(closes[5:]).any()
    assert verify(tmp_path / "b", rederive=True).ok


def test_its_folder_is_a_run(tmp_path: Path) -> None:
    with make(tmp_path / "b", synthetic(venue=TAKES)) as daemon:
        daemon.run(until=START + 80 * SECOND)
        orders = [
            event.ord for event in daemon.journal.events(1) if event.kind == events.KIND_OF[events.Decision]
        ]
    run = fill_run(tmp_path / "b", tmp_path / "run", rederive=True)
    assert (run / "ledger.parquet").stat().st_size > 0
    found = decision(tmp_path / "b", orders[-1])
    assert found.view_bars == 80


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"data": {"sample": "us20"}}, "data.sample"),
        ({"feed": {"kind": "events"}}, "feed.synthetic"),
        ({"feed": {"synthetic": None}}, "feed.synthetic"),
        ({"hosts": {"workers": 1}}, "hosts.workers"),
        ({"venue": {"feed_latency": None}}, "feed_latency"),
        ({"law": {"horizon": "500ms"}}, "horizon"),
        ({"law": {"horizon": "900000h"}}, "horizon"),
        ({"law": {"start": "yesterday"}}, "start"),
        ({"law": {"limit": 0.0, "market": 0.0, "cancel": 0.0}}, "limit"),
        ({"law": {"symbols": []}}, "symbols"),
        ({"law": {"symbols": ["A", "A"]}}, "symbols"),
    ],
)
def test_settings_that_do_not_fit_are_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigError, match=field):
        synthetic(**changes)


def test_a_stream_is_saved_between_any_two_stretches() -> None:
    def stream() -> EventStream:
        return EventStream(FLOW, ["A", "B"], seed=1, start_ns=0, opening=OPENING)

    whole = stream().run(5 * SECOND)
    parts, saved = b"", stream().save()
    for end in (1, SECOND // 7, SECOND, 5 * SECOND):
        part = stream()
        part.restore(saved)
        parts += part.run(end)
        saved = part.save()
    assert parts == whole
    with pytest.raises(DataError, match="flow"):
        stream().restore(saved[:-1])
    with pytest.raises(ConfigError, match="64 bits"):
        EventStream(FLOW, ["A"], seed=-1)


def test_a_growing_panel_takes_each_row_once() -> None:
    panel = Growing([1, 2, 3], ["A", "B"], periods_per_year=1.0)
    view = panel.as_of(1)
    panel.put(0, [5.0, np.nan])
    assert panel.tradable.tolist() == [[True, False], [False, False], [False, False]]
    panel.put(1, [6.0, 7.0])
    assert panel.tradable[1].all()
    assert np.isnan(view["close"]).all()
    assert panel.as_of(2)["close"].shape == (2, 2)
    assert type(panel.head(2)) is not Growing
    panel.put(1, [6.0, 7.0])
    for row in ([6.0, 8.0], [0.0, 7.0], [np.inf, 7.0]):
        with pytest.raises(DataError, match="row 1"):
            panel.put(1, row)
    with pytest.raises(ValueError, match="read-only"):
        panel["close"][2, 0] = 1.0
