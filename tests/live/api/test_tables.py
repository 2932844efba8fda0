"""What the API tells of a book, beside the book itself."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from starlette.testclient import TestClient

from live import paper_book
from live.api.conftest import Served, soon
from quantrl.live.vocabulary import owner_of

GETS = (
    "/api/state",
    "/api/agents",
    "/api/agents/0",
    "/api/rounds",
    "/api/orders",
    "/api/fills",
    "/api/positions",
    "/api/postings",
    "/api/equity",
    "/api/risk",
    "/api/locks",
    "/api/feed",
    "/api/book/AA",
    "/api/events",
)


def units(amount: dict[str, Any]) -> int:
    assert amount["scale"] == 8
    return int(amount["n"])


def pages(reader: TestClient, path: str, limit: int) -> list[dict[str, Any]]:
    """Every row, page by page."""
    rows: list[dict[str, Any]] = []
    cursor = ""
    while True:
        told = reader.get(f"{path}{'&' if '?' in path else '?'}limit={limit}{cursor}").json()
        assert len(told["rows"]) <= limit
        rows += told["rows"]
        if told["next"] is None:
            return rows
        cursor = f"&cursor={told['next']}"


@pytest.mark.parametrize("path", GETS)
def test_no_float_is_told(reader: TestClient, path: str) -> None:
    def refused(text: str) -> None:
        raise AssertionError(f"{path} tells {text}")

    answer = reader.get(path)
    assert answer.status_code == 200, answer.text
    told = json.loads(answer.text, parse_float=refused)

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for one in value.values():
                walk(one)
        elif isinstance(value, list):
            for one in value:
                walk(one)
        elif isinstance(value, int):
            assert abs(value) < 2**53, value

    walk(told)


def test_state_is_the_daemons(reader: TestClient, served: Served) -> None:
    summary = served.daemon.state()
    told = soon(
        lambda: reader.get("/api/state").json(), lambda told: told["head"]["digest"] == summary.digest
    )
    assert units(told["equity"]) == summary.equity
    assert units(told["cash"]) == summary.cash
    assert (told["state"], told["bar"], told["head"]["digest"]) == (
        summary.state,
        summary.bar,
        summary.digest,
    )
    assert units(told["peak"]) == served.daemon.book.peak
    assert told["engine"] == told["engine"] | {"connected": True, "behind": 0}
    assert told["time"] == str(summary.time)


def test_agents_add_up(reader: TestClient, served: Served) -> None:
    told = reader.get("/api/agents").json()["agents"]
    books = served.daemon.book.books
    assert [units(one["equity"]) for one in told] == [books.equity(owner_of(agent)) for agent in range(5)]
    assert sorted(one["rank"] for one in told if one["rank"]) == list(range(1, 6))
    assert all(one["rank_low"] <= one["rank"] <= one["rank_high"] for one in told if one["rank"])
    one = reader.get("/api/agents/0").json()
    held = {row["instrument"]: int(row["lots"]) for row in one["holdings"]}
    assert held == {symbol: books.position(owner_of(0), i) for i, symbol in enumerate(paper_book.SYMBOLS)}
    assert one["history"][-1]["rank"] == told[0]["rank"]
    assert reader.get("/api/agents/99").status_code == 404


def test_orders_and_fills_in_pages(reader: TestClient, served: Served) -> None:
    orders, fills = pages(reader, "/api/orders", 37), pages(reader, "/api/fills", 41)
    rows = served.daemon.journal.rows
    ids = [row[0] for row in rows("SELECT client_id FROM orders")]
    assert sorted(one["client_id"] for one in orders) == sorted(ids)
    assert [int(one["seq"]) for one in orders] == sorted((int(one["seq"]) for one in orders), reverse=True)
    stored = rows("SELECT venue_fill_id, qty, fee FROM fill ORDER BY ord DESC")
    assert [(one["venue_fill_id"], int(one["qty"]), units(one["fee"])) for one in fills] == stored
    filled = next(one for one in orders if one["state"] == "FILLED")
    life = reader.get(f"/api/orders/{filled['client_id']}").json()
    kinds = [event["kind"] for event in life["life"]]
    assert kinds[0] in ("Market", "Answer")
    assert kinds[1] == "Intent"
    assert "Fill" in kinds
    assert sum(int(share["lots"]) for share in life["shares"]) in (int(filled["qty"]), -int(filled["qty"]))
    assert {one["state"] for one in reader.get("/api/orders?state=filled").json()["rows"]} == {"FILLED"}
    assert {one["instrument"] for one in reader.get("/api/orders?instrument=BB").json()["rows"]} == {"BB"}
    assert reader.get("/api/orders/none").status_code == 404


def test_slippage_of_fills_is_that_of_bars(reader: TestClient) -> None:
    fills, bars = pages(reader, "/api/fills", 500), pages(reader, "/api/equity", 500)
    assert sum(units(one["slippage"]) for one in fills) == sum(units(one["slippage"]) for one in bars) > 0
    assert sum(units(one["fee"]) for one in fills) == sum(units(one["fees"]) for one in bars)


def test_positions_and_balances(reader: TestClient, served: Served) -> None:
    told, books = reader.get("/api/positions").json(), served.daemon.book.books
    assert [int(row["lots"]) for row in told["rows"]] == [books.account_position(i) for i in range(5)]
    ours = sum(units(row["equity"]) for row in told["owners"] if row["ours"] and row["owner"] != "external")
    assert ours == books.account_equity()
    assert sum(units(row["equity"]) for row in told["owners"]) == 0
    assert told["invariants"] == {"bars": 140, "breaches": 0, "unbalanced_assets": 0}
    first = next(row for row in told["rows"] if int(row["lots"]))
    price = Decimal(first["mark"]["n"]).scaleb(-first["mark"]["scale"])
    assert price * int(first["lots"]) == Decimal(first["worth"]["n"]).scaleb(-8)


def test_postings_balance(reader: TestClient) -> None:
    rows = pages(reader, "/api/postings", 100)
    assert rows[-1]["reason"] == "deposit"
    for row in rows:
        assert sum(units(line["cash"]) for line in row["lines"] if line["cash"]) == 0


def test_equity_every_so_many_bars(reader: TestClient) -> None:
    rows = reader.get("/api/equity?every=50&agents=true").json()["rows"]
    assert [row["bar"] for row in rows] == [0, 50, 100, 139]
    assert sum(units(one) for one in rows[-1]["agents"].values()) + units(rows[-1]["treasury"]) == units(
        rows[-1]["equity"]
    )


def test_rounds_say_who_got_what(reader: TestClient) -> None:
    rows = pages(reader, "/api/rounds", 50)
    assert [row["number"] for row in rows] == list(range(140, 0, -1))
    moving = [row for row in rows if units(row["moved"])]
    assert moving
    for row in moving:
        assert sum(units(one["moved"]) for one in row["agents"]) == 0
        assert sum(max(units(one["moved"]), 0) for one in row["agents"]) == units(row["moved"])


def test_risk_and_locks(reader: TestClient) -> None:
    told = reader.get("/api/risk").json()
    assert {one["gate"] for one in told["gates"]} == set(range(1, 18))
    lock = soon(lambda: reader.get("/api/locks").json()["rows"], lambda rows: len(rows) == 1)
    assert lock == [
        {
            "scope": "INSTRUMENT",
            "agent": None,
            "instrument": "CC",
            "side": "buy",
            "reason": "looks odd",
            "until": None,
        }
    ]


def test_events_both_ways(reader: TestClient, served: Served) -> None:
    last = served.daemon.journal.committed.seq
    down = pages(reader, "/api/events", 500)
    assert [int(row["seq"]) for row in down] == list(range(last, 0, -1))
    up = reader.get("/api/events?after=10&limit=5").json()["rows"]
    assert [int(row["seq"]) for row in up] == [11, 12, 13, 14, 15]
    assert {row["kind"] for row in reader.get("/api/events?kind=Fill").json()["rows"]} == {"Fill"}


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/orders?limit=501", "limit"),
        ("/api/orders?limit=0", "limit"),
        ("/api/events?cursor=-1", "cursor"),
        ("/api/events?kind=nothing", "kind"),
        ("/api/orders?state=nothing", "state"),
        ("/api/equity?every=0", "every"),
        ("/api/agents/x", "id"),
    ],
)
def test_bad_questions_name_their_field(reader: TestClient, path: str, field: str) -> None:
    answer = reader.get(path)
    assert answer.status_code == 400
    assert answer.json()["error"] == answer.json()["error"] | {"code": "value", "field": field}


def test_metrics(reader: TestClient, served: Served) -> None:
    text = reader.get("/metrics").text
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(lines["quantrl_events_total"]) == served.daemon.journal.committed.seq
    assert float(lines['quantrl_equity{owner="account"}']) == served.daemon.state().equity / 1e8
    assert float(lines['quantrl_cycle_seconds_bucket{le="+Inf"}']) == 140
    assert float(lines['quantrl_trading_state{state="ACTIVE"}']) == 1
    for name in ("commit", "decision", "loop_lag"):
        assert f"quantrl_{name}_seconds_count" in lines


def test_health(reader: TestClient, served: Served) -> None:
    with served.client() as nobody:
        assert nobody.get("/healthz").json()["ok"] is True
    told = reader.get("/readyz")
    assert told.status_code == 503
    assert told.json() == {"ready": False, "failing": ["feed: takes no bars"]}
