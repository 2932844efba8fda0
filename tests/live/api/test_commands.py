"""Orders from people: done once, told once, and refused for a reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from live.api.conftest import BASE, LOOSE, Served, soon
from quantrl.errors import CommandConflict, NotRunning
from quantrl.live.api.app import make_app
from quantrl.live.api.mirror import Mirror
from quantrl.live.api.tokens import Scope, Tokens
from quantrl.live.storage import Storage


@pytest.fixture
def trader(served: Served) -> TestClient:
    return served.client(Scope.TRADE)


def give(client: TestClient, verb: str, nonce: str, **args: str) -> tuple[int, dict[str, object]]:
    answer = client.post("/api/commands", json={"verb": verb, "args": args, "nonce": nonce})
    return answer.status_code, answer.json()


def test_one_nonce_is_one_command(trader: TestClient, served: Served) -> None:
    before = served.daemon.journal.committed.seq
    assert give(trader, "no_entry", "t1", reason="lunch") == (200, {"state": "NO_ENTRY", "repeated": False})
    served.caught_up()
    after = served.daemon.journal.committed.seq
    assert after > before
    assert give(trader, "reduce_only", "t2") == (200, {"state": "REDUCE_ONLY", "repeated": False})
    served.caught_up()
    # The first result, although the state has moved on.
    assert give(trader, "no_entry", "t1", reason="lunch") == (200, {"state": "NO_ENTRY", "repeated": True})
    status, body = give(trader, "active", "t1")
    assert (status, body["error"]["code"]) == (409, "nonce")  # type: ignore[index]
    status, body = give(trader, "no_entry", "t1", reason="dinner")
    assert (status, body["error"]["field"]) == (409, "nonce")  # type: ignore[index]
    # Another principal's nonces are its own.
    assert give(served.client(Scope.ADMIN), "active", "t1")[1]["state"] == "ACTIVE"
    served.caught_up()
    commands = trader.get("/api/events?kind=Command&limit=3").json()["rows"]
    assert [row["values"]["principal"] for row in commands] == ["api/admin", "api/trade", "api/trade"]


def test_the_engine_itself_knows_a_nonce(served: Served) -> None:
    mirror = served.mirror
    assert mirror.command("no_entry", {}, "direct", "api/trade") == "NO_ENTRY"
    with pytest.raises(CommandConflict):
        mirror.command("active", {}, "direct", "api/trade")
    assert mirror.command("active", {}, "direct2", "api/trade") == "ACTIVE"


def test_what_the_book_refuses(trader: TestClient, served: Served) -> None:
    for verb, args, status, code in (
        ("resume", {}, 400, "value"),
        ("signal", {}, 400, "value"),
        ("lock", {"confirm": "x"}, 400, "value"),
        ("lock", {"instrument": "ZZ"}, 409, "refused"),
        ("lock", {"reason": "a\x00b"}, 400, "value"),
        ("agent_off", {"agent": "nobody"}, 409, "refused"),
    ):
        before = served.daemon.journal.committed.seq
        found, body = give(trader, verb, f"r-{verb}-{code}-{len(args)}", **args)
        assert (found, body["error"]["code"]) == (status, code), body  # type: ignore[index]
        assert served.daemon.journal.committed.seq == before


def test_locks_and_agents(trader: TestClient, served: Served) -> None:
    assert (
        give(trader, "lock", "l1", instrument="BB", side="sell", reason="<img src=x onerror=alert(1)>")[0]
        == 200
    )
    assert give(trader, "agent_off", "l2", agent="rules/momentum")[0] == 200

    def locked() -> set[tuple[str, str]]:
        rows = trader.get("/api/locks").json()["rows"]
        return {(row["scope"], row["agent"] or row["instrument"]) for row in rows}

    wanted = {("INSTRUMENT", "BB"), ("AGENT", "rules/momentum")}
    assert soon(locked, wanted.issubset) >= wanted
    assert give(trader, "unlock", "l3", instrument="BB", side="sell")[0] == 200
    assert give(trader, "agent_on", "l4", agent="rules/momentum")[0] == 200


def test_without_an_engine(tmp_path: Path) -> None:
    tokens = Tokens(Storage(tmp_path))
    secret = tokens.rotate(Scope.ADMIN).reveal()
    mirror = Mirror(tmp_path)
    client = TestClient(make_app(mirror, LOOSE, tokens), base_url=BASE)
    client.headers["Authorization"] = f"Bearer {secret}"
    for path in ("/api/state", "/api/orders", "/api/risk", "/api/equity"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "engine"), path
        assert answer.headers["Retry-After"]
    status, body = give(client, "halt", "x")
    assert (status, body["error"]["code"]) == (503, "engine")  # type: ignore[index]
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["failing"]) == (
        503,
        ["recovered: the engine has not answered yet"],
    )
    assert "quantrl_engine_up 0.0" in client.get("/metrics").text
    with pytest.raises(NotRunning):
        mirror.read("SELECT 1")
