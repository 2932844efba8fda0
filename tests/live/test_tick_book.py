"""A book on an event feed: the tick engine's own fills, orders that survive, cash that is never short."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from typer.testing import CliRunner

from live.tick_books import FLOW, LATE, RESTS, START, SYMBOLS, TAKES, config, flow, make, reopen, shared
from quantrl import toml
from quantrl.backtest import actions
from quantrl.backtest.ticks import TickSession
from quantrl.cli.main import app
from quantrl.data.events import EventFile, Opening, merge, simulate
from quantrl.errors import ConfigError, FeedError
from quantrl.live import Daemon, events, export, verify
from quantrl.live._decision import decision
from quantrl.live.config import PaperConfig
from quantrl.live.events import Event, decode
from quantrl.live.vocabulary import OrderState, Tif

SECOND = 10**9
BOTH = pytest.mark.parametrize("venue", [TAKES, RESTS], ids=["takes", "rests"])


def values(daemon: Daemon, *kinds: type[Any]) -> list[tuple[Event, Any]]:
    """Events of some kinds, decoded, in order."""
    found = ((event, decode(event.kind, event.payload)) for event in daemon.journal.events(1))
    return [(event, one) for event, one in found if isinstance(one, kinds)]


@BOTH
def test_fills_are_those_of_a_session_without_the_daemon(tmp_path: Path, venue: dict[str, str]) -> None:
    with make(tmp_path / "b", config(shared(), venue=venue)) as daemon:
        daemon.run()
        feed, tv = daemon.setup.feed, daemon.setup.tv
        booked = [one for _, one in values(daemon, events.Fill)]
        session = TickSession(feed.file, feed.config.but(record=True))
        refs: dict[str, int] = {}
        for event, sent in values(daemon, events.Intent, events.CancelIntent):
            session.step(until_ns=event.ts)
            if isinstance(sent, events.CancelIntent):
                session.send(actions.cancel(refs[sent.client_id]))
                continue
            side, tif = ("buy" if sent.side > 0 else "sell"), ("gtc" if sent.tif == Tif.GTC else "ioc")
            (refs[sent.client_id],) = session.send(
                actions.limit(side, sent.px, sent.qty, tif=tif, instr=sent.inst)
            )
        session.step()
        names = {ref: client_id for client_id, ref in refs.items()}
        alone = session.fills()
        ours = [
            (one.client_id, one.inst, "buy" if one.side > 0 else "sell", one.qty, one.px, one.priced)
            for one in booked
        ]
        theirs = [
            (names[row["ref"]], row["instr"], row["side"], row["qty"], row["tick"], row["ts_exch"])
            for row in alone.iter_rows(named=True)
        ]
        assert len(ours) > 15
        assert ours == theirs
        for inst in range(len(SYMBOLS)):
            account = session.account(inst)
            mine = [one for one in booked if one.inst == inst]
            assert daemon.book.books.account_position(inst) == account.position
            assert -sum(one.side * one.qty * one.px for one in mine) == account.cash_units
            exact = account.fee_nano * tv[inst] / 10**9
            assert 0 <= sum(one.fee for one in mine) - exact <= len(mine)


@BOTH
def test_restarts_leave_no_trace(tmp_path: Path, venue: dict[str, str]) -> None:
    settings = config(shared(), venue=venue)
    with make(tmp_path / "whole", settings) as daemon:
        daemon.run()
        whole = daemon.content_digest()
    make(tmp_path / "cut", settings).close()
    resting = 0
    for number, at in enumerate((71_010, 75_050, 76_300, 200_000)):
        with reopen(tmp_path / "cut") as daemon:
            daemon.run(until=START + at * 10**6)
            resting += any(daemon.book.orders.open_orders())
        if number % 2:
            shutil.rmtree(tmp_path / "cut" / "snapshots")
    assert resting > 0
    with reopen(tmp_path / "cut") as daemon:
        assert daemon.content_digest() == whole
    report = verify(tmp_path / "cut", rederive=True)
    assert (report.ok, report.rederived_fraction) == (True, 1.0)


def test_what_comes_later_changes_nothing_before(tmp_path: Path) -> None:
    def lived(messages: int) -> list[Any]:
        path = flow(tmp_path / f"f{messages}.qev", messages=messages)
        with (
            patch.object(PaperConfig, "book_id", lambda config, *digests: bytes(16)),
            make(tmp_path / f"b{messages}", config(path, venue=RESTS)) as daemon,
        ):
            daemon.run(until=START + 40 * SECOND)
            found = daemon.journal.events(1)
            return [(e.kind, e.ts, e.agent, e.cause, e.payload) for e in found if e.ord and e.ord > 1]

    short, long = lived(3_000), lived(5_000)
    assert len(short) > 500
    assert short == long


def test_a_command_ends_what_rests(tmp_path: Path) -> None:
    with make(tmp_path / "b", config(shared(), venue={**RESTS, "timeout": "990ms"})) as daemon:
        at = START + 63 * SECOND
        while not any(daemon.book.orders.open_orders()):
            at += SECOND // 4
            daemon.run(until=at)
        daemon.command("halt", reason="enough")
        assert daemon.book.desk is not None
        assert daemon.book.desk.cancelling
        daemon.run()
        assert not any(daemon.book.orders.open_orders())
        ended = Counter(one.state for _, one in values(daemon, events.OrderState))
        assert ended[OrderState.CANCELED] > 0
        daemon.book.check()


def test_a_flattened_book_ends_flat_and_halted(tmp_path: Path) -> None:
    with make(tmp_path / "b", config(shared())) as daemon:
        daemon.run(until=START + 75 * SECOND)
        assert daemon.state().positions
        daemon.command("flatten", reason="home")
        daemon.run()
        assert (daemon.state().state, daemon.state().positions) == ("HALTED", ())


def test_a_silent_feed_goes_on_with_timers_and_lets_no_order_out(tmp_path: Path) -> None:
    parts = []
    for number, symbol in enumerate(("AA", "BB")):
        parts.append(tmp_path / f"{symbol}.qev")
        simulate(
            parts[-1],
            FLOW,
            messages=5_000,
            seed=1,
            stream=number,
            start_ns=START + 150 * number * SECOND,
            symbol=symbol,
            opening=Opening(levels=40, orders=4, lots=5),
        )
    merge(parts, tmp_path / "gap.qev")
    with make(tmp_path / "b", config(tmp_path / "gap.qev")) as daemon:
        daemon.run()
        timers = values(daemon, events.Timer)
        assert len(timers) > 20
        assert {one.code for _, one in values(daemon, events.Verdict)} >= {5}
        silent = range(EventFile(parts[0]).info.last_ts_ns + 7 * SECOND, START + 150 * SECOND)
        assert not [event for event, _ in values(daemon, events.Intent) if event.ts in silent]


def test_tables_and_decisions_can_be_read(tmp_path: Path) -> None:
    with make(tmp_path / "b", config(shared(), venue=RESTS)) as daemon:
        daemon.run()
        count = len(values(daemon, events.Fill))
        last = values(daemon, events.Decision)[-1][0]
    fills = export(tmp_path / "b", "fills")
    assert fills.height == count
    assert (fills["priced"] <= fills["time"]).all()
    equity = export(tmp_path / "b", "equity")
    assert equity.height == 108
    assert equity["equity"][-1] == pytest.approx(500_000.0, rel=0.05)
    taken = decision(tmp_path / "b", last.ord)
    assert taken.view_time == last.ts
    assert taken.view_bars == 108


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"venue": {"tick": "0.5"}}, "an event file has its own table"),
    ({"venue": {"timeout": "1s"}}, "expected none without execution"),
    ({"venue": {**RESTS, "timeout": "5s"}}, "expected below feed.decide_every"),
    ({"venue": {"fees": {"maker": "a lot"}}}, "venue: "),
    ({"venue": {"latency": {"there": "1ms"}}}, "latency.there"),
    ({"venue": {"queue": "power(0)"}}, "queue"),
    ({"backtest": {"fill": "next_open"}}, "backtest.fill"),
    ({"feed": {"decide_every": "0s"}}, "feed.decide_every"),
    ({"feed": {"kind": "bars"}}, "expected none beside feed.kind"),
    ({"feed": {"kind": "news"}}, "feed.kind"),
]


@pytest.mark.parametrize(("changes", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_a_config_that_does_not_fit_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words.replace("(", r"\(")):
        config(shared(), **changes)


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    path = flow(tmp_path / "f.qev", ("AA",), messages=400)
    make(tmp_path / "b", config(path)).close()
    flow(path, ("AA",), messages=401)
    with pytest.raises(FeedError, match="expected sha256 [0-9a-f]{64}, found"):
        reopen(tmp_path / "b")
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(FeedError):
        reopen(tmp_path / "b")


def test_events_are_digested_as_received() -> None:
    feed = _feed(shared())
    assert feed.digest(0, 99) != feed.digest(0, 98)
    feed.check(5, 60, feed.digest(5, 60))
    with pytest.raises(FeedError, match="changed since they were recorded"):
        feed.check(5, 60, feed.digest(6, 60))
    with pytest.raises(FeedError, match="events: expected"):
        feed.digest(0, len(feed.file))


def test_the_command_runs_a_whole_book(tmp_path: Path) -> None:
    shutil.copy(shared(), tmp_path / "ticks.qev")
    raw = config(tmp_path / "ticks.qev", venue=RESTS).model_dump(mode="json", exclude_none=True)
    for name in ("tick", "lot", "multiplier", "tick_policy", "instruments"):
        del raw["venue"][name]
    raw["data"]["path"] = "ticks.qev"
    (tmp_path / "ticks.toml").write_text(toml.dump(raw))
    folder = str(tmp_path / "book")
    args = ["paper", "start", folder, "--config", str(tmp_path / "ticks.toml"), "--exit-at-end", "--json"]
    done = CliRunner().invoke(app, args)
    assert done.exit_code == 0, done.output
    assert verify(folder).ok
    assert export(folder, "fills").height > 15


def _feed(path: Path) -> Any:
    from quantrl.live.setup import Setup

    return Setup.of(config(path, venue=LATE)).feed
