"""Books on events behind the API: their rows, their ladder with own orders in their queues, and every screen's numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from live import tick_books
from live.api.browser import Browser
from live.api.conftest import LOOSE, Served, serving, soon
from live.api.test_stream import running
from live.api.test_tables import GETS, pages, units
from quantrl.data.events import FLAGS
from quantrl.live.api.tokens import Scope
from quantrl.live.api_process import listening
from quantrl.live.history import history
from quantrl.live.reading import closed_book

SECOND = 10**9
UNTIL = tick_books.START + 75 * SECOND


@pytest.fixture(scope="module", params=["events", "synthetic"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A book that stands where an order of its own rests."""
    rests = {**tick_books.RESTS, "timeout": "900ms"}
    if request.param == "events":
        settings = tick_books.config(tick_books.shared(), venue=rests)
    else:
        settings = tick_books.synthetic(venue=rests)
    with tick_books.make(tmp_path_factory.mktemp("api") / "book", settings) as daemon:
        for at in range(100):
            daemon.run(until=UNTIL + at * SECOND // 7)
            if any(each.cum == 0 and ahead_of(daemon, each) is not None for each in open_orders(daemon)):
                break
        with serving(daemon) as made:
            yield made


def open_orders(daemon: Any) -> list[Any]:
    return list(daemon.book.orders.open_orders())


def ahead_of(daemon: Any, order: Any) -> int | None:
    found: int | None = daemon.book.desk.ahead(order.client_id, order.inst, order.side)
    return found


@pytest.mark.parametrize("path", [*GETS, "/readyz", "/metrics"])
def test_every_route_answers(reader: TestClient, path: str) -> None:
    assert reader.get(path).status_code in (200, 503 if path == "/readyz" else 200)


def test_the_ladder_is_the_book_as_received(reader: TestClient, served: Served) -> None:
    daemon = served.daemon
    desk = daemon.book.desk
    assert desk is not None
    resting = open_orders(daemon)
    seen = 0
    for inst, one in enumerate(daemon.setup.instruments.table):
        told = reader.get(f"/api/book/{one.symbol}").json()
        assert told["kind"] == daemon.setup.config.feed.kind
        ladder, scale = told["ladder"], tick_scale(one)
        bids, asks = desk.depth(inst, 20)
        assert (bids[0][0], asks[0][0]) == desk.best(inst)
        assert ladder["ts"] == str(daemon.book.ts)
        for side, levels in ((1, bids), (-1, asks)):
            rows = {int(row["px"]["n"]): row for row in ladder["bids" if side > 0 else "asks"]}
            own: dict[int, int] = {}
            for order in (each for each in resting if each.inst == inst and each.side == side):
                own[order.px] = own.get(order.px, 0) + order.qty - order.cum
                ahead = ahead_of(daemon, order)
                assert ladder["ahead"][order.client_id] == (None if ahead is None else str(ahead))
                seen += ahead is not None
            assert {px: int(row["lots"]) for px, row in rows.items() if int(row["lots"])} == {
                px * scale: lots for px, lots in levels
            }
            assert {px: int(row["own"]) for px, row in rows.items() if int(row["own"])} == {
                px * scale: lots for px, lots in own.items()
            }
    assert seen > 0


def tick_scale(one: Any) -> int:
    """Units of a price in the API for each tick."""
    return int(one.tick.scaleb(max(-one.tick.normalize().as_tuple().exponent, 0)))


def test_bars_are_the_rows_of_the_grid(reader: TestClient, served: Served) -> None:
    daemon = served.daemon
    rows = pages(reader, "/api/equity", 500)
    assert [row["bar"] for row in rows] == list(range(daemon.bar + 1))
    assert [int(row["ts"]) for row in rows] == [daemon.setup.feed.row(k).time for k in range(daemon.bar + 1)]
    assert sum(units(row["fees"]) for row in rows) == sum(
        units(one["fee"]) for one in pages(reader, "/api/fills", 500)
    )
    assert {row["breaches"] for row in rows} == {0}
    told = reader.get("/api/feed").json()
    assert told["received"] == daemon.book.desk.received  # type: ignore[union-attr]
    assert 0 <= told["age_ms"] <= 1_000


def test_the_tape_is_what_the_market_traded_the_newest_first(reader: TestClient, served: Served) -> None:
    daemon = served.daemon
    desk = daemon.book.desk
    assert desk is not None
    session = desk._session
    begin = getattr(session, "_feed", None)
    first = 0 if begin is None else begin.first(session._first)
    received = [session.event(nth) for nth in range(first, session.n_received)]
    for inst, one in enumerate(daemon.setup.instruments.table):
        tape = reader.get(f"/api/book/{one.symbol}").json()["ladder"]["trades"]
        traded = [event for event in received if event.instr == inst and event.kind == "EXEC"][-30:]
        assert len(tape) == len(traded) > 0
        scale = tick_scale(one)
        for row, event in zip(tape, reversed(traded), strict=True):
            assert (int(row["ts"]), int(row["px"]["n"])) == (event.ts_exch, event.tick * scale)
            assert int(row["qty"]) == event.qty
            # The order that was hit was a bid below the mid, or an offer above it.
            assert row["side"] == ("buy" if event.flags & FLAGS["sell"] else "sell")
        assert begin is not None or {row["side"] for row in tape} == {"buy", "sell"}


def test_a_gauge_counts_time_in_ns(reader: TestClient) -> None:
    gauge = next(one for one in reader.get("/api/risk").json()["gates"] if one["gate"] == 5)
    assert gauge["unit"] == "ns"
    assert gauge["ok"]
    assert 0 <= int(gauge["used"]) <= SECOND


def test_without_the_engine_there_is_no_ladder(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    client = served.client(Scope.READ)
    monkeypatch.setattr("quantrl.live.api.mirror.Client", away)
    monkeypatch.setattr("quantrl.live.api.mirror.DEPTH_S", 0.0)
    told = client.get("/api/book/AA").json()
    assert told["ladder"] is None
    assert told["bars"]
    monkeypatch.undo()
    assert soon(lambda: client.get("/api/book/AA").json()["ladder"], lambda ladder: ladder is not None)


def test_its_screens_show_levels_and_queues(chromium: Any, served: Served) -> None:
    settings, listener = listening(replace(LOOSE, port=0))
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(20_000)
    one, daemon = Browser(context.new_page(), settings.url), served.daemon
    with listener, running(served, settings, listener):
        one.login(served.secrets[Scope.READ])
        one.show("feed")
        own = one.page.locator("section[aria-label='Own orders'] tbody tr")
        for inst, instrument in enumerate(daemon.setup.instruments.table):
            one.page.get_by_label("Instrument").select_option(instrument.symbol)
            one.page.locator(".note", has_text=f"{instrument.symbol}: last").wait_for()
            for order in (each for each in open_orders(daemon) if each.inst == inst):
                row = own.filter(has_text=order.client_id[:10])
                row.wait_for()
                ahead = ahead_of(daemon, order)
                shown = [cell.strip() for cell in row.locator("td").all_text_contents()]
                assert shown[4] == ("–" if ahead is None else f"{ahead:,}")
                one.page.locator("section[aria-label='Order book'] tr.own").first.wait_for()
        assert one.page.locator("section[aria-label='Order book'] tbody tr").count() > 10
        for theme in ("dark", "light"):
            if one.page.evaluate("() => document.documentElement.dataset.theme") != theme:
                one.page.keyboard.press("t")
            one.readable(theme)
        for screen in ("overview", "contest", "orders", "ledger", "risk"):
            one.show(screen)
            one.page.locator("main .panel").first.wait_for()
        one.clean()
    context.close()


def away(*_: Any, **__: Any) -> Any:
    raise OSError("nobody listens")


@pytest.mark.parametrize("feed", ["events", "synthetic"])
def test_the_view_ends_as_the_books_own_history(feed: str, tmp_path: Any) -> None:
    rests = tick_books.RESTS
    settings = (
        tick_books.config(tick_books.shared(), venue=rests)
        if feed == "events"
        else tick_books.synthetic(venue=rests)
    )
    with tick_books.make(tmp_path / "b", settings) as daemon:
        daemon.run(until=UNTIL)
        with serving(daemon) as made:
            rows = pages(made.client(Scope.READ), "/api/equity", 500)
    with closed_book(tmp_path / "b") as book:
        bars = list(history(book))
    assert any(bar.traded for bar in bars)
    assert [(row["bar"], units(row["equity"]), units(row["slippage"])) for row in rows] == [
        (bar.row.row, bar.equity, bar.slippage) for bar in bars
    ]
