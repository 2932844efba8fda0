"""The matching order book against an oracle of plain dicts, and its edges."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from quantrl.backtest import Book, LevelBook
from quantrl.backtest.book import NO_PRICE, REPORT, TABLES, BookReport, conformance
from quantrl.errors import ConfigError, DataError, OrderError
from reference.order_book import MARKET, Line, OrderBook

Message = dict[str, Any]


def messages(seed: int, count: int) -> list[Message]:
    """Random messages: every op and lifetime, live and dead ids, prices that cross, a few that no book takes."""
    random = np.random.default_rng(seed)

    def pick(*shares: tuple[Any, float]) -> list[Any]:
        found = random.choice(len(shares), count, p=[share for _, share in shares])
        return [shares[k][0] for k in found.tolist()]

    number = np.arange(1, count + 1)
    op = pick(("new", 0.6), ("cancel", 0.2), ("modify", 0.18), ("close", 0.01), ("advance", 0.01))
    fresh = (np.array(op) == "new") & (random.random(count) < 0.97)
    now = random.integers(0, 3, count).cumsum()
    usual = 0.94
    columns = {
        "op": op,
        "id": np.where(fresh, number, random.integers(1, number + 1)).tolist(),
        "side": pick(("buy", 0.5), ("sell", 0.5)),
        "price": random.integers(990, 1011, count).tolist(),
        "qty": random.integers(1, 20, count).tolist(),
        "market": pick((True, 0.03), (False, 0.97)),
        "tif": pick(("gtc", 0.6), ("ioc", 0.1), ("fok", 0.1), ("gtd", 0.15), ("day", 0.05)),
        "expires": (now + random.integers(-1, 60, count)).tolist(),
        "post_only": pick((True, 0.1), (False, 0.9)),
        "ts": np.where(random.random(count) < 0.99, now, now - 5).tolist(),
        "odd": pick(
            ({}, usual),
            ({"qty": 0}, 0.01),
            ({"qty": 1 << 32}, 0.01),
            ({"price": 1 << 31}, 0.01),
            ({"price": NO_PRICE}, 0.03),
        ),
    }
    rows = (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))
    return [{**row, **row.pop("odd")} for row in rows]


def tell_oracle(oracle: OrderBook, row: Message) -> list[Line]:
    before = len(oracle.lines)
    match row["op"]:
        case "new":
            more = {name: row[name] for name in ("market", "tif", "expires", "post_only", "ts")}
            oracle.new(row["id"], row["side"], row["qty"], row["price"], **more)
        case "cancel":
            oracle.cancel(row["id"], row["ts"])
        case "modify":
            oracle.modify(row["id"], row["price"], row["qty"], row["side"], row["ts"])
        case "close":
            oracle.close(row["ts"])
        case _:
            oracle.advance(row["ts"])
    return oracle.lines[before:]


def tell_book(book: Book, row: Message) -> list[BookReport]:
    match row["op"]:
        case "new":
            price = None if row["price"] == NO_PRICE else row["price"]
            more = {name: row[name] for name in ("market", "tif", "post_only")}
            expires, ts = row["expires"], row["ts"]
            return book.submit(
                row["id"], row["side"], row["qty"], price, expires_ns=expires, ts_ns=ts, **more
            )
        case "cancel":
            return book.cancel(row["id"], ts_ns=row["ts"])
        case "modify":
            return book.modify(row["id"], row["price"], row["qty"], side=row["side"], ts_ns=row["ts"])
        case "close":
            return book.close(row["ts"])
        case _:
            return book.advance(row["ts"])


def line(report: BookReport) -> Line:
    price = NO_PRICE if report.price_ticks is None else report.price_ticks
    seq, order, qty = report.seq, report.id, report.qty_lots
    return (
        report.kind,
        report.side,
        report.reason,
        seq,
        order,
        price,
        qty,
        report.maker or 0,
        report.taker or 0,
    )


def columns_of(rows: list[Message]) -> dict[str, np.ndarray]:
    code = {name: {word: number for number, word in enumerate(words)} for name, words in TABLES.items()}
    return {
        "op": np.array([code["op"][row["op"]] for row in rows], np.uint8),
        "id": np.array([row["id"] for row in rows], np.uint64),
        "side": np.array([code["side"][row["side"]] for row in rows], np.uint8),
        "price_ticks": np.array([row["price"] for row in rows], np.int64),
        "qty_lots": np.array([row["qty"] for row in rows], np.int64),
        "market": np.array([row["market"] for row in rows]),
        "tif": np.array([code["tif"][row["tif"]] for row in rows], np.uint8),
        "expires_ns": np.array([row["expires"] for row in rows], np.int64),
        "post_only": np.array([row["post_only"] for row in rows]),
        "ts_ns": np.array([row["ts"] for row in rows], np.int64),
    }


def lines_of(reports: np.ndarray) -> list[Line]:
    return [
        (
            TABLES["kind"][row["kind"]],
            TABLES["side"][row["side"]],
            TABLES["reason"][row["reason"]],
            *(int(row[name]) for name in ("seq", "id", "price_ticks", "qty_lots", "maker", "taker")),
        )
        for row in reports
    ]


@pytest.mark.parametrize("seed", range(4))
def test_reports_and_depth_follow_the_oracle(seed: int) -> None:
    book, oracle = Book(), OrderBook()
    out = np.empty((2, 4, 2), np.int64)
    kinds = set()
    for row in messages(seed, 2_500):
        reports = [line(report) for report in tell_book(book, row)]
        assert reports == tell_oracle(oracle, row), row
        kinds |= {(report[0], report[2]) for report in reports}
        assert book.depth(4, out) is out
        assert out.tolist() == oracle.depth(4)
    book.validate()
    assert book.n_orders == len(oracle._all())
    for side, levels in oracle.orders.items():
        for price, queue in levels.items():
            ids, lots = book.queue(side, price)
            assert (ids.tolist(), lots.tolist()) == ([o.id for o in queue], [o.qty for o in queue])
    wanted = {
        ("trade", ""),
        ("expired", ""),
        ("modified", ""),
        ("cancelled", "fok_unfilled"),
        ("reject", "quantity"),
    }
    assert kinds >= wanted | {
        ("reject", "would_take"),
        ("modify_reject", "wrong_side"),
        ("cancelled", "remainder"),
    }


@pytest.mark.parametrize("seed", [11, 12])
def test_a_batch_is_the_messages_one_by_one(seed: int) -> None:
    rows = messages(seed, 4_000)
    single, batch, halves = Book(), Book(), Book()
    lines = [line(report) for row in rows for report in tell_book(single, row)]
    columns = columns_of(rows)
    reports = batch.apply(columns)
    assert reports.dtype == REPORT
    assert lines_of(reports) == lines
    parts = [
        halves.apply({name: column[at] for name, column in columns.items()}) for at in _thirds(len(rows))
    ]
    assert np.array_equal(np.concatenate(parts), reports)
    assert batch.hash() == single.hash() == halves.hash()
    assert batch.seq == single.seq == len(rows)
    assert batch.now_ns == single.now_ns
    assert np.array_equal(Book().apply(pl.DataFrame(columns)), reports)


def _thirds(n: int) -> list[slice]:
    return [slice(0, n // 3), slice(n // 3, n // 3), slice(n // 3, n)]


def test_books_on_several_threads_do_not_meet() -> None:
    columns = columns_of(messages(5, 20_000))
    alone = Book()
    expected = alone.apply(columns).tobytes()
    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: found.append(Book().apply(columns).tobytes())) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


def test_one_book_on_several_threads_takes_every_message_once() -> None:
    book = Book()
    n, rounds = 500, 6

    def send(first: int) -> None:
        for k in range(n):
            assert book.submit(first + k, "buy", 1, 100)[0].kind == "ack"

    def send_batch(first: int) -> None:
        op = side = np.zeros(n, np.uint8)
        price, qty = np.full(n, 100, np.int64), np.ones(n, np.int64)
        ids = np.arange(first, first + n, dtype=np.uint64)
        book.apply({"op": op, "id": ids, "side": side, "price_ticks": price, "qty_lots": qty})

    work = [(send_batch if k % 2 else send, 1 + k * n) for k in range(rounds)]
    threads = [threading.Thread(target=target, args=(first,)) for target, first in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (book.seq, book.n_orders, book.lots_at("buy", 100)) == (n * rounds, n * rounds, n * rounds)
    book.validate()


def test_best_and_missing_levels() -> None:
    book = Book(base_tick=1 << 40)
    assert book.best() == (None, None)
    assert not book.depth(2).any()
    book.submit(1, "buy", 5, (1 << 40) - 1)
    book.submit(2, "sell", 7, (1 << 40) + (1 << 31) - 1)
    assert book.best() == ((1 << 40) - 1, (1 << 40) + (1 << 31) - 1)
    assert book.depth(2).tolist() == [[[(1 << 40) - 1, 5], [0, 0]], [[(1 << 40) + (1 << 31) - 1, 7], [0, 0]]]
    assert book.submit(3, "buy", 5, 0)[0].reason == "price_out_of_range"


def test_settings_reach_the_engine() -> None:
    book = Book(stp="cancel_oldest", post_only="slide", step=2, modify="always_requeue")
    book.submit(1, "sell", 5, 100, owner=7)
    assert [r.kind for r in book.submit(2, "buy", 5, 100, owner=7)] == ["ack", "cancelled"]
    slid = book.submit(3, "sell", 1, 90, post_only=True)[0]
    assert (slid.kind, slid.price_ticks) == ("ack", 102)
    book.submit(4, "buy", 5, 100)
    book.modify(2, 100, 1)
    assert book.queue("buy", 100)[0].tolist() == [4, 2]
    collared = Book(collar_ticks=1)
    collared.submit(1, "sell", 1, 10)
    collared.submit(2, "sell", 1, 12)
    assert [r.kind for r in collared.submit(3, "buy", 2)] == ["ack", "trade", "cancelled"]


def test_a_copy_goes_its_own_way() -> None:
    book = Book()
    book.submit(1, "buy", 5, 100)
    other = book.copy()
    assert other.hash() == book.hash()
    other.cancel(1)
    assert (other.n_orders, book.n_orders) == (0, 1)


def test_reports_say_what_they_are() -> None:
    book = Book()
    book.submit(1, "sell", 5, 100)
    twin = book.copy()
    ack, trade = book.submit(2, "buy", 3, 100)
    assert [ack, trade] == twin.submit(2, "buy", 3, 100)
    assert ack != trade
    assert repr(trade) == "<trade buy 3 @ 100, maker 1 taker 2, message 2>"
    assert (ack.maker, ack.taker, trade.maker, trade.taker) == (None, None, 1, 2)
    assert repr(book.cancel(5)[0]) == "<cancel_reject buy 0 @ no price, order 5, message 3, unknown_id>"


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda book: book.submit(1, "up", 1, 1), ConfigError, "side: expected one of buy, sell, got 'up'"),
        (lambda book: book.submit(1, "buy", 1, 1, tif="gtx"), ConfigError, "tif: expected one of gtc"),
        (lambda book: book.submit(1, "buy", 1, 1, tif="gtd"), ConfigError, "expires_ns"),
        (lambda book: book.submit(-1, "buy", 1, 1), OrderError, "order_id -1"),
        (lambda book: book.submit(1, "buy", 1 << 63, 1), OrderError, "qty_lots 9223372036854775808"),
        (lambda book: book.modify(1, 1, 1, side="x"), ConfigError, "side"),
        (lambda book: book.cancel(1 << 64), OrderError, "order_id"),
        (lambda book: book.lots_at("x", 1), ConfigError, "side"),
        (lambda book: book.depth(0), ConfigError, "levels: expected a whole number of at least 1"),
        (lambda book: book.depth(2, np.empty((2, 3, 2), np.int64)), ConfigError, "out: .*(2, 2, 2)"),
        (lambda book: book.depth(2, np.empty((2, 2, 2))), ConfigError, "out: expected an int64 array"),
        (
            lambda book: book.depth(2, np.empty((2, 2, 4), np.int64)[:, :, ::2]),
            ConfigError,
            "out: .*contiguous",
        ),
        (lambda book: book.depth(2, _frozen()), ConfigError, "out: expected a writable"),
        (lambda book: book.depth(2, [[1]]), ConfigError, "out: .*got list"),
    ],
)
def test_what_no_book_takes(call: Callable[[Book], Any], error: type[Exception], said: str) -> None:
    book = Book()
    book.submit(1, "buy", 5, 100)
    before = book.hash(), book.seq
    with pytest.raises(error, match=said):
        call(book)
    assert (book.hash(), book.seq) == before


def _frozen() -> np.ndarray:
    out = np.empty((2, 2, 2), np.int64)
    out.flags.writeable = False
    return out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"op": np.array([0, 9], np.uint8)}, "op, row 1: expected below 5, got 9"),
        ({"side": np.array([2, 0], np.uint8)}, "side, row 0: expected below 2, got 2"),
        ({"tif": np.array([0, 5], np.uint8)}, "tif, row 1"),
        ({"tif": np.array([0, 3], np.uint8)}, "expires_ns: expected a column, for the gtd order of row 1"),
        ({"market": np.array([0, 2], np.uint8)}, "market, row 1"),
        ({"qty_lots": np.array([1, 1], np.int32)}, "qty_lots: expected a 1-d int64 array, got 1-d int32"),
        ({"qty_lots": [1, 1]}, "qty_lots: expected a 1-d int64 array, got list"),
        ({"price_ticks": np.array([1, 2, 3], np.int64)}, "price_ticks: expected 2 entries, got 3"),
        ({"price_ticks": np.arange(4, dtype=np.int64)[::2]}, "price_ticks: expected a contiguous array"),
        ({"qty_lots": None}, "columns: expected 'qty_lots', got none"),
        ({"price": np.array([1, 2], np.int64)}, "columns: expected any of op, .*got 'price'"),
    ],
)
def test_columns_are_judged_before_any_message_is_sent(change: dict[str, Any], said: str) -> None:
    book = Book()
    good = {
        "op": np.zeros(2, np.uint8),
        "id": np.array([1, 2], np.uint64),
        "side": np.zeros(2, np.uint8),
        "price_ticks": np.array([1, 2], np.int64),
        "qty_lots": np.array([1, 1], np.int64),
    }
    with pytest.raises(DataError, match=said):
        book.apply({**good, **change})
    assert (book.seq, book.n_orders) == (0, 0)
    assert len(book.apply(good)) == 2


@pytest.mark.parametrize(
    "setting", [{"modify": "x"}, {"stp": "x"}, {"post_only": "x"}, {"step": 0}, {"step": 1 << 32}]
)
def test_unknown_settings(setting: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(setting))):
        Book(**setting)


def test_levels_follow_a_dict() -> None:
    random = np.random.default_rng(3)
    n = 5_000
    columns = {
        "side": random.integers(0, 2, n).astype(np.uint8),
        "price_ticks": random.integers(1_000, 1_060, n),
        "qty_lots": random.integers(0, 4, n) * random.integers(1, 1 << 40, n),
    }
    single, batch = LevelBook(1_000_000), LevelBook(1_000_000)
    plain: list[dict[int, int]] = [{}, {}]
    purged = 0
    for side, price, lots in zip(*(column.tolist() for column in columns.values()), strict=True):
        if lots:
            crossed = [p for p in plain[1 - side] if (p <= price if side == 0 else p >= price)]
            purged += len(crossed)
            for p in crossed:
                del plain[1 - side][p]
        before = plain[side].pop(price, 0)
        if lots:
            plain[side][price] = lots
        assert single.set("sell" if side else "buy", price, lots) == before
    batch.apply(columns)
    for book in (single, batch):
        assert book.purged == purged
        assert book.best() == (max(plain[0], default=None), min(plain[1], default=None))
        depth = book.depth(60).tolist()
        for side in (0, 1):
            rows = sorted(plain[side].items(), reverse=side == 0)
            assert depth[side] == [list(row) for row in rows] + [[0, 0]] * (60 - len(rows))
    assert single.hash() == batch.hash()
    assert batch.lots_at("buy", max(plain[0])) == plain[0][max(plain[0])]
    batch.clear()
    assert batch.best() == (None, None)


def test_levels_refuse_what_no_row_can_be() -> None:
    book = LevelBook()
    with pytest.raises(DataError, match="price_ticks, row 0: expected within 2\\^31 ticks of base_tick"):
        book.set("buy", 1 << 31, 1)
    with pytest.raises(DataError, match="qty_lots, row 0: expected 0 or more, got -1"):
        book.set("buy", 1, -1)
    with pytest.raises(ConfigError, match="side"):
        book.set("x", 1, 1)
    bad = {
        "side": np.array([0, 3], np.uint8),
        "price_ticks": np.ones(2, np.int64),
        "qty_lots": np.ones(2, np.int64),
    }
    with pytest.raises(DataError, match="side, row 1: expected 0 or 1, got 3"):
        book.apply(bad)
    assert book.best() == (None, None)


def test_every_rule_of_matching_holds() -> None:
    rules = conformance()
    assert [rule["rule"] for rule in rules] == [f"R{n:02}" for n in range(1, 29)]
    assert {rule["rule"] for rule in rules if rule["status"] != "pass"} == {"R23", "R24", "R25"}
    assert all(rule["status"] == "later" for rule in rules if rule["rule"] in ("R23", "R24", "R25"))
    assert sum(rule["cases"] for rule in rules if rule["rule"] != "R28") >= 80


def test_numbers_of_a_market_order_agree() -> None:
    assert NO_PRICE == MARKET
