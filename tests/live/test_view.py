"""A view beside the journal it is made from: the same tables, the same money, and nothing lost when it is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from live import paper_book, paper_books
from live.conftest import Finished
from quantrl.errors import JournalError, NotRunning
from quantrl.live import events
from quantrl.live.asks import ASKS, SLICE, packed, unpacked
from quantrl.live.events import KIND_OF
from quantrl.live.history import history
from quantrl.live.journal import Journal
from quantrl.live.project import TABLES
from quantrl.live.reading import closed_book
from quantrl.live.record import Event
from quantrl.live.setup import Setup, setup_of
from quantrl.live.view import NAME, View, ints_of


@pytest.fixture(scope="module")
def setup(finished: Finished) -> Setup:
    return setup_of(finished.folder, panel=finished.panel)


@pytest.fixture(scope="module")
def recorded(finished: Finished) -> list[Event]:
    with Journal.open(finished.folder, read_only=True) as journal:
        return list(journal.events())


def opened(folder: Path, setup: Setup) -> View:
    return View.open(folder, setup.book_id, setup.tv, setup.n_agents, setup.feed.row)


def feed(view: View, recorded: list[Event], step: int) -> None:
    while view.seq < len(recorded):
        view.take(recorded[view.seq : view.seq + step])


@pytest.fixture
def view(tmp_path: Path, setup: Setup, recorded: list[Event]) -> Iterator[View]:
    made = opened(tmp_path, setup)
    feed(made, recorded, 137)
    yield made
    made.close()


def between_fills(recorded: list[Event], least: int) -> int:
    """How many events end in the middle of a bar: after its first fill, with more of its fills to come."""
    fill, market = KIND_OF[events.Fill], KIND_OF[events.Market]
    for at in range(least, len(recorded)):
        later = [event.kind for event in recorded[at:]]
        if recorded[at - 1].kind == fill and fill in later[: later.index(market)]:
            return at
    raise AssertionError("no bar has two fills")


def content(view: View) -> dict[str, list[Any]]:
    """Everything in a view but where it stopped last."""
    tables = [
        name for (name,) in view.read("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    ]
    return {name: view.read(f"SELECT * FROM {name} ORDER BY 1, 2") for name in tables if name != "meta"}


def test_projected_tables_equal_the_journal(view: View, finished: Finished) -> None:
    with Journal.open(finished.folder, read_only=True) as journal:
        for table in TABLES:
            assert view.read(f"SELECT * FROM {table}") == journal.rows(f"SELECT * FROM {table}"), table
        sums = "SELECT owner, asset, sum(amount) FROM posting GROUP BY owner, asset ORDER BY owner, asset"
        assert view.read("SELECT * FROM balance ORDER BY owner, asset") == journal.rows(sums)


def test_bars_are_what_the_daemon_saw(view: View, finished: Finished) -> None:
    bars = view.read("SELECT equity, breaches, state FROM bar ORDER BY bar")
    assert [equity for equity, _, _ in bars] == finished.equity
    assert {breaches for _, breaches, _ in bars} == {0}
    with closed_book(finished.folder, finished.panel) as book:
        exact = list(history(book))
    funded = [(bar.row.row, agent, worth) for bar in exact for agent, worth in enumerate(bar.funded) if worth]
    assert view.read("SELECT bar, agent, equity FROM agent_bar ORDER BY bar, agent") == funded
    (close,) = view.read("SELECT close FROM price WHERE bar = 7")
    assert ints_of(close[0]) == exact[7].row.close


def test_slices_and_restarts_leave_the_same(
    view: View, tmp_path: Path, setup: Setup, recorded: list[Event]
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for step in (1, 50, 333, len(recorded)):
        made = opened(other, setup)
        made.take(recorded[made.seq : made.seq + step])
        made.close()
    made = opened(other, setup)
    feed(made, recorded, SLICE)
    assert content(made) == content(view)
    made.close()


def test_rounds_refusals_and_commands(view: View, recorded: list[Event]) -> None:
    kinds = [KIND_OF[events.Verdict], KIND_OF[events.Fill]]
    refused, filled = (sum(event.kind == kind for event in recorded) for kind in kinds)
    tally = dict(view.read("SELECT name, n FROM tally"))
    assert (tally["events"], tally["fills"], tally.get("refusals", 0)) == (len(recorded), filled, refused)
    assert view.read("SELECT nonce, verb, state FROM command ORDER BY seq") == [
        ("n1", "no_entry", 1),
        ("n2", "active", 0),
    ]
    ((rounds, best),) = view.read("SELECT max(number), min(rank) FROM ranking WHERE rank >= 0")
    assert rounds == view.read("SELECT count(*) FROM settled")[0][0] > 100
    assert best == 1


def test_an_event_out_of_place_is_refused(tmp_path: Path, setup: Setup, recorded: list[Event]) -> None:
    made = opened(tmp_path, setup)
    made.take(recorded[:300])
    before = content(made)
    for wrong in (recorded[301:], recorded[299:], [unpacked([*packed(recorded[300])[:-1], "00" * 32])]):
        with pytest.raises(JournalError, match=r"expected the one after 300"):
            made.take(wrong)
        assert (made.seq, content(made)) == (300, before)
    feed(made, recorded, 400)
    assert made.seq == len(recorded)
    made.close()


def test_a_row_that_cannot_be_had_leaves_the_view_as_it_was(
    tmp_path: Path, setup: Setup, recorded: list[Event], view: View
) -> None:
    answers = [True]

    def row(number: int) -> Any:
        if not answers[0]:
            raise NotRunning("no engine")
        return setup.feed.row(number)

    made = View.open(tmp_path / "..", setup.book_id, setup.tv, setup.n_agents, row)
    cut = between_fills(recorded, 400)
    made.take(recorded[:cut])
    before = content(made)
    answers[0] = False
    for _ in range(2):
        with pytest.raises(NotRunning, match="no engine"):
            made.take(recorded[cut : cut + 500])
        assert (made.seq, content(made)) == (cut, before)
    answers[0] = True
    feed(made, recorded, 500)
    assert content(made) == content(view)
    made.close()
    View.discard(tmp_path / "..")


@pytest.mark.parametrize("damage", [b"", b"not a database at all" * 400, None])
def test_a_view_that_cannot_be_read_is_made_anew(
    tmp_path: Path, setup: Setup, recorded: list[Event], damage: bytes | None
) -> None:
    made = opened(tmp_path, setup)
    made.take(recorded[:200])
    made.close()
    if damage is None:
        other = View.open(tmp_path, bytes(16), setup.tv, setup.n_agents, setup.feed.row)
        assert other.seq == 0
        other.close()
    else:
        (tmp_path / NAME).write_bytes(damage)
        (tmp_path / f"{NAME}-wal").unlink(missing_ok=True)
    again = opened(tmp_path, setup)
    assert again.seq == 0
    again.take(recorded[:200])
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600
    again.close()


def test_readers_do_not_wait_for_the_writer(tmp_path: Path, setup: Setup, recorded: list[Event]) -> None:
    made = opened(tmp_path, setup)
    made.take(recorded[:10])
    rounds: list[int] = []
    ended = threading.Event()

    def read() -> None:
        before = 0
        while not ended.is_set():
            ((count, last),) = made.read("SELECT count(*), ifnull(max(seq), 0) FROM event")
            assert count == last >= before
            before = last
            rounds.append(last)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    feed(made, recorded, 200)
    ended.set()
    for thread in threads:
        thread.join()
    assert len(rounds) > 10
    made.close()


def test_what_the_engine_answers(tmp_path: Path) -> None:
    data = paper_book.panel(160)
    with paper_books.make(tmp_path / "book", paper_book.config(), data) as daemon:
        daemon.run(until=int(data.time[100]))
        told = ASKS["events"](daemon, {"from": 1, "limit": 7})
        assert [unpacked(row) for row in told["events"]] == list(daemon.journal.events(1, 7))
        assert told["committed"] == daemon.journal.committed.seq
        assert ASKS["events"](daemon, {"from": told["committed"] + 1})["events"] == []
        rows = ASKS["rows"](daemon, {"first": 98, "last": 500})["rows"]
        assert rows == [tuple(daemon.setup.feed.row(t)) for t in (98, 99, 100)]
        about = ASKS["about"](daemon, {})
        assert about["instruments"][0] | {"symbol": "AA"} == {
            "symbol": "AA",
            "tv": 10**6,
            "lot": "1",
            "step": 1,
            "scale": 2,
        }
        pulse = ASKS["pulse"](daemon, {})
        gross = next(one for one in pulse["gauges"] if one["note"] == "gross")
        books, tv = daemon.book.books, daemon.setup.tv
        held = [books.account_position(i) * mark * tv[i] for i, mark in enumerate(books.marks)]
        assert gross["limit"] == books.account_equity()
        assert gross["used"] >= sum(map(abs, held)) > 0
        assert {one["gate"] for one in pulse["gauges"]} == set(range(1, 18))
        assert sum(pulse["timings"]["cycle"]["counts"]) == 101
        assert ASKS["pulse"](daemon, {}) is pulse
