"""Sessions, batches and replay on event files: accounts exact, errors, no look ahead."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backtest.tick_runs import CONFIG, ORDERS, QUOTE
from quantrl.backtest import Fees, Latency, Queue, TickBatch, TickConfig, TickSession, actions, replay
from quantrl.data.events import EventFile, convert
from quantrl.errors import ConfigError, LookAheadError, OrderError


def test_a_python_loop_and_a_native_replay(levels: EventFile) -> None:
    res = replay(levels.path, policy=QUOTE, config=CONFIG)
    assert res.queue == "power(3)"
    assert res.mode == "l2_queue"
    assert res.cautious.queue == "risk_averse"
    assert 0 < res.cautious.fills.height <= res.fills.height
    assert "power(3)" in repr(res)
    s = TickSession(levels, CONFIG)
    while s.step(dt="100ms"):
        bid, _ = s.best()
        assert bid is not None
        s.send(actions.cancel_all(), actions.limit("buy", bid, 1, post_only=True))
    assert s.ended
    assert s.fills()["qty"].sum() == s.account().position > 0
    assert s.fills()["side"].unique().to_list() == ["buy"]


@pytest.mark.parametrize("kind", ["levels", "orders"])
def test_the_account_is_the_sum_of_its_fills(kind: str, request: pytest.FixtureRequest) -> None:
    file: EventFile = request.getfixturevalue(kind)
    res = replay(file, QUOTE, CONFIG if kind == "levels" else ORDERS)
    fills, account, row = res.fills, res.account(), file.instruments[0]
    assert fills.height > 20
    signed = np.where(fills["side"] == "buy", 1, -1) * fills["qty"].to_numpy()
    notional = fills["tick"].to_numpy() * fills["qty"].to_numpy()
    assert account.position == signed.sum()
    assert account.cash_units == -(signed * fills["tick"].to_numpy()).sum()
    rate = np.where(fills["maker"], -50_000, 700_000)
    assert account.fee_nano == (rate * notional).sum()
    unit = float(row.tick_size * row.lot_size)
    assert account.cash == pytest.approx(account.cash_units * unit, rel=1e-12)
    assert account.fee == pytest.approx(fills["fee"].sum(), rel=1e-9)
    assert (fills["ts_local"] - fills["ts_exch"] == 250_000).all()
    equity = res.equity.drop_nulls("equity")
    worth = equity["cash"] - equity["fee"] + equity["position"] * equity["mid_ticks"] * unit
    assert worth.to_numpy() == pytest.approx(equity["equity"].to_numpy(), rel=1e-9, abs=1e-9)
    assert (np.diff(res.equity["ts"].to_numpy()[:-1]) == 100_000_000).all()


def test_reports_carry_their_fees_exactly_and_are_saved(levels: EventFile) -> None:
    s = TickSession(levels, CONFIG)
    s.step(events=100)
    ask = s.best()[1]
    assert ask is not None
    s.send(actions.limit("buy", ask + 5, 3, tif="ioc"))
    fees = 0
    while s.account().trades == 0:
        assert s.step(report="1s")
        fees += s.reports()["fee_nano"].sum()
    assert fees == s.account().fee_nano > 0
    again = TickSession.restore(s.snapshot(), levels, CONFIG)
    assert again.reports().equals(s.reports())
    assert again.report_columns()["fee_nano"].sum() == fees


def test_noop_changes_nothing_and_ends_at_the_last_receive_time(levels: EventFile) -> None:
    res = replay(levels, "noop", CONFIG)
    assert (res.account().trades, res.orders.height, res.fills.height) == (0, 0, 0)
    assert res.session.n_received == len(levels)
    assert res.session.now_ns == int(levels.columns(len(levels) - 1)["received"][0])
    assert res.fills.schema == replay(levels, QUOTE, CONFIG).fills.schema


def test_what_is_seen_has_been_received(levels: EventFile) -> None:
    s = TickSession(levels, CONFIG)
    s.step(dt="50ms")
    known = s.n_received
    columns = levels.columns()
    assert columns["received"][known - 1] <= s.now_ns < columns["received"][known]
    assert s.event(known - 1).tick == columns["tick"][known - 1]
    with pytest.raises(LookAheadError, match=f"an event below {known}"):
        s.event(known)
    with pytest.raises(LookAheadError, match="0 or more"):
        s.event(-1)
    replayed = levels.replay(event=known)
    assert s.best() == replayed.best()
    assert (s.depth(7) == replayed.depth(7)).all()


@pytest.mark.parametrize(("kind", "config"), [("levels", CONFIG), ("orders", ORDERS)])
def test_a_place_in_a_queue_only_gets_better(
    kind: str, config: TickConfig, request: pytest.FixtureRequest
) -> None:
    file: EventFile = request.getfixturevalue(kind)
    s = TickSession(file, config)
    s.step(dt="100ms")
    bid, _ = s.best()
    assert bid is not None
    shown = int(s.depth(1)[0, 0, 1])
    (ref,) = s.send(actions.limit("buy", bid, 2))
    assert s._queue_ahead(ref, is_sell=False) is None  # it is on its way
    s.step(report="10ms")
    places = [s._queue_ahead(ref, is_sell=False)]
    assert places[0] is not None
    assert 0 < places[0] <= 3 * shown
    assert s._queue_ahead(ref, is_sell=True) is None
    assert s._queue_ahead(ref + 1, is_sell=False) is None
    with pytest.raises(ConfigError, match="instr"):
        s._queue_ahead(ref, is_sell=False, instr=-1)
    while s.step(events=1) and places[-1] is not None and len(places) < 20_000:
        places.append(s._queue_ahead(ref, is_sell=False))
    known = [place for place in places if place is not None]
    assert known == sorted(known, reverse=True)
    assert known[-1] < known[0]


def test_steps_end_where_they_say(levels: EventFile) -> None:
    s = TickSession(levels, CONFIG)
    s.step(events=100)
    assert s.n_received == 100
    mid = s.best()
    s.step(mid_change=0)
    assert s.best() != mid
    now = s.now_ns
    bid = s.best()[0]
    assert bid is not None
    (ref,) = s.send(actions.limit("buy", bid - 50, 2))
    assert s.orders()["status"].to_list() == ["pending_new"]
    assert s.step(report="1s")
    assert s.now_ns == now + 500_000
    assert s.reports().select("outcome", "ref", "qty").row(0) == ("accepted", ref, 2)
    s.send(actions.amend(ref, bid - 49, 1))
    s.step(report="1s")
    assert s.orders().select("tick", "leaves", "status").row(0) == (bid - 49, 1, "working")
    s.send(actions.cancel(ref))
    s.step(until_ns=s.now_ns + 500_000)
    assert s.orders().is_empty()
    assert s.log()["what"].to_list() == ["new", "accepted", "amend", "amended", "cancel", "cancelled"]
    with pytest.raises(ConfigError, match="one way to end, got time, events"):
        s.step(dt="1ms", events=3)
    with pytest.raises(ConfigError, match="until: expected at least"):
        s.step(until_ns=s.now_ns - 1)
    with pytest.raises(ConfigError, match="dt: expected 0 or more"):
        s.step(dt="-1ms")


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        (actions.limit("buy", 100, 0), "qty: expected 1 to 4294967295"),
        (actions.limit("buy", 2**40, 1), "tick: expected within"),
        (actions.limit("buy", 100, 1, instr=1), "instr: expected below 1"),
        (actions.cancel(77), "ref: expected a live own order"),
        (actions.amend(77, 100, 1), "ref: expected a live own order"),
        (actions.Action(9), "op: expected 0 to 6, got 9"),
        (actions.Action(1, side=2, tick=1, qty=1), "side: expected 0 or 1"),
        (actions.limit("buy", 2**70, 1), "whole numbers of 64 bits"),
    ],
)
def test_a_bad_order_is_refused_and_none_is_sent(levels: EventFile, wish: Any, message: str) -> None:
    s = TickSession(levels, CONFIG)
    s.step(dt="20ms")
    before = s.hash()
    with pytest.raises(OrderError, match=f"action 1.*{message}"):
        s.send(actions.limit("buy", 99_000, 1), wish)
    assert s.hash() == before
    assert s.orders().is_empty()


def test_prices_off_the_grid_and_too_many_orders(tmp_path: Path, levels: EventFile) -> None:
    s = TickSession(levels, CONFIG.but(max_own_orders=2))
    with pytest.raises(OrderError, match="action 2: orders: expected at most 2"):
        s.send(*[actions.limit("buy", 99_000, 1)] * 3)
    with pytest.raises(OrderError, match="side: expected one of buy, sell, got 'long'"):
        actions.market("long", 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mode": "displace"}, "mode: expected one of"),
        ({"mode": "ghost"}, "mode"),
        ({"feed_unknown": "-1us"}, "feed: expected"),
        ({"latency": Latency.const("1us", "-1us")}, "latency"),
        ({"fill": "some"}, "fill: expected one of partial, full"),
        ({"recovery": 0}, "recovery_ns: expected above 0"),
        ({"max_own_orders": 1_025}, "max_own_orders"),
        ({"seed": -1}, "seed"),
        ({"equity_every": "-1s"}, "equity_every"),
        ({"fees": Fees(maker=2)}, "fees"),
    ],
)
def test_settings_are_refused_by_name(levels: EventFile, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        TickSession(levels, CONFIG.but(**change))


def test_a_file_of_orders_takes_no_queue_model_and_needs_times(orders: EventFile) -> None:
    with pytest.raises(ConfigError, match="queue: expected none on a file of level 3"):
        TickSession(orders, ORDERS.but(queue=Queue.log()))
    assert TickSession(orders, ORDERS).mode == "ghost"
    assert TickSession(orders, ORDERS).queue is None
    with pytest.raises(ConfigError, match="policy: expected one of noop, quote, got 'no'"):
        replay(orders, "no", ORDERS)
    with pytest.raises(ConfigError, match=r"quote\.refresh: expected a duration"):
        replay(orders, ("quote", {"refresh": "soon"}), ORDERS)
    with pytest.raises(ConfigError, match="refresh: expected above 0"):
        replay(orders, ("quote", {"refresh": 0}), ORDERS)
    with pytest.raises(ConfigError, match="instr: expected below 1"):
        replay(orders, ("quote", {"instr": 1}), ORDERS)
    with pytest.raises(ConfigError, match="policy quote: expected any of offset"):
        replay(orders, ("quote", {"ofset": 1}), ORDERS)


def test_unknown_receive_times_need_a_model(tmp_path: Path) -> None:
    columns = {
        "ts": np.array([1, 2], np.int64),
        "kind": np.full(2, 8, np.uint8),
        "flags": np.array([2, 3], np.uint8),
        "tick": np.array([10, 12], np.int64),
        "qty": np.array([1, 1], np.uint64),
    }
    made = convert(
        columns, tmp_path / "a.qev", format="columns", level=2, symbol="A", tick_size="1", lot_size="1"
    )
    file = EventFile(made.path)
    with pytest.raises(ConfigError, match="feed: expected receive times in the file"):
        TickSession(file, CONFIG)
    s = TickSession(file, CONFIG.but(feed_unknown=5))
    s.step(until_ns=6)
    assert s.best() == (10, None)
    s.step()
    assert s.best() == (10, 12)


def test_latency_models(levels: EventFile) -> None:
    start = levels.info.first_ts_ns
    drawn = Latency.log_normal("50us", 10.0, 0.5, "2ms")
    hops = np.arange(3) * 10**9
    table = Latency.table(start + hops, start + hops + 200_000, start + hops + 500_000)
    found = {}
    for name, latency in {"drawn": drawn, "table": table, "feed": Latency.from_feed(1.5, "1us")}.items():
        fills = replay(levels, QUOTE, CONFIG.but(latency=latency)).fills
        found[name] = (fills["ts_local"] - fills["ts_exch"]).to_numpy()
        assert len(found[name]) > 20
    assert found["drawn"].min() > 50_000
    assert len(set(found["drawn"].tolist())) > len(found["drawn"]) / 2
    assert (found["table"] == 300_000).all()
    assert (found["feed"] == 151_000).all()
    lost = TickSession(levels, CONFIG.but(latency=CONFIG.latency.with_(new=-1_000)))
    lost.send(actions.limit("buy", 99_000, 1))
    lost.step(report="1s")
    assert lost.reports().select("outcome", "reason").row(0) == ("rejected", "technical")


def _batch(levels: EventFile, threads: int) -> tuple[list[int], list[Any]]:
    batch = TickBatch([levels], CONFIG, 5, dt="100ms", threads=threads)
    depth, account, done, refs = batch.outputs(levels=3, width=2)
    rows = np.zeros((5, 2), actions.ACTION)
    while not done.all():
        rows["op"][:, 0] = actions.OPS["cancel_all"]
        rows["op"][:, 1] = np.where(depth[:, 0, 0, 0, 1] > 0, actions.OPS["limit"], 0)
        rows["tick"][:, 1] = depth[:, 0, 0, 0, 0] - np.arange(5)
        rows["qty"][:, 1] = 1
        batch.step(rows, depth, account, done, refs)
    return batch.hashes(), account[:, 0, :7].tolist()


def test_a_batch_is_its_sessions_for_any_number_of_threads(levels: EventFile) -> None:
    hashes, accounts = _batch(levels, 1)
    assert (hashes, accounts) == _batch(levels, 3)
    for i in range(5):
        s = TickSession(levels, CONFIG, stream=i)
        bid: int | None = None
        while True:
            wish = [] if bid is None else [actions.limit("buy", bid - i, 1)]
            s.send(actions.cancel_all(0), *wish)
            if not s.step(dt="100ms"):
                break
            bid = s.best()[0]
        assert s.hash() == hashes[i]
        assert s.account().position == accounts[i][1]


def test_a_batch_names_the_array_it_refuses(levels: EventFile) -> None:
    batch = TickBatch([levels], CONFIG, 2)
    depth, account, done, refs = batch.outputs(levels=2, width=1)
    rows = np.zeros((2, 1), actions.ACTION)
    frozen = depth.copy()
    frozen.flags.writeable = False
    for name, arrays in {
        "depth_out": (rows, depth[:, :, :, :, :1], account, done, refs),
        "account_out": (rows, depth, account.astype(float), done, refs),
        "done_out": (rows, depth, account, done[:1], refs),
        "refs_out": (rows, depth, account, done, refs[:1]),
        "actions": (rows.view(np.uint8), depth, account, done, refs),
        "depth_out: expected a writable": (rows, frozen, account, done, refs),
    }.items():
        with pytest.raises(ConfigError, match=name):
            batch.step(*arrays)
    before = batch.hashes()
    rows["op"][1] = 1
    with pytest.raises(OrderError, match="action 1: qty"):
        batch.step(rows, depth, account, done, refs)
    assert batch.hashes() == before
    with pytest.raises(ConfigError, match="n: expected at least 1"):
        TickBatch([levels], CONFIG, 0)


def test_progress_may_stop_a_replay(levels: EventFile) -> None:
    told: list[int] = []
    replay(levels, "noop", CONFIG, progress=told.append)
    assert told == [len(levels)]

    def stop(events: int) -> None:
        raise KeyboardInterrupt

    s = TickSession(levels, CONFIG)
    with pytest.raises(KeyboardInterrupt):
        s.run("noop", progress=stop)


def test_a_true_sigint_stops_a_replay_where_it_stands(levels: EventFile) -> None:
    s = TickSession(levels, CONFIG.but(equity_every=None))
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        s.run(("quote", {"refresh": "5ns"}))
    timer.join()
    assert 0 < s.n_received < len(levels)
    at = s.now_ns
    fork = s.fork()
    assert fork.step(dt="1ms")
    assert fork.now_ns == at + 1_000_000


def test_settings_as_text() -> None:
    settings = {
        "queue": "power2(1.5)",
        "latency": {"entry": "100us", "response": "2ms", "cancel": 5},
        "fees": {"maker": "-0.5bp", "taker": "0.07%", "tiers": [[1_000, "0bp", "5bp"]]},
        "recovery": "never",
    }
    config = TickConfig.from_dict(settings)
    assert config.queue == Queue.power2(1.5)
    assert (config.latency.new, config.latency.cancel, config.latency.fill) == (100_000, 5, 2_000_000)
    assert config.fees.exact()["taker"] == 700_000
    assert config.recovery is None
    assert TickConfig.from_dict(config.to_dict()).to_dict() == config.to_dict()
    for bad, message in {
        "fees.make": {"fees": {"make": 1}},
        "latency.entri": {"latency": {"entri": 1}},
        "sed": {"sed": 1},
        "queue: expected a model": {"queue": "power(x)"},
        "fees.maker": {"fees": {"maker": "1e-12"}},
        "fees.taker": {"fees": {"taker": "seven"}},
    }.items():
        with pytest.raises(ConfigError, match=f"here: .*{bad}"):
            TickConfig.from_dict(message, source="here")
