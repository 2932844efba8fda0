"""Who is let in: every route with every scope, hosts, origins, forged posts, sizes, rates, and what never leaks."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from live.api.conftest import BASE, LOOSE, Served
from live.api.test_tables import GETS
from quantrl.errors import ConfigError
from quantrl.live.api.app import make_app
from quantrl.live.api.buckets import Buckets
from quantrl.live.api.guard import HEADERS, needs
from quantrl.live.api.routes import router
from quantrl.live.api.sessions import LASTS_S, Sessions, csrf_of
from quantrl.live.api.settings import Settings
from quantrl.live.api.tokens import NAME, Scope, Secret, Tokens, hashed
from quantrl.live.storage import Storage

NONE = None
COOKIE = LOOSE.cookie
PRIVATE = (*GETS, "/api/session", "/readyz", "/metrics", "/api/nothing", "/api")
PATHS = {
    "/api/agents/{id}": "/api/agents/0",
    "/api/orders/{id}": "/api/orders/x",
    "/api/book/{instrument}": "/api/book/AA",
}
STREAM = "/api/stream"


def paths() -> list[tuple[str, str]]:
    """Every route there is, with its method."""
    found = []
    for route in router.routes:
        path = getattr(route, "path", "")
        found += [(method, PATHS.get(path, path)) for method in sorted(getattr(route, "methods", ()))]
    return found


@pytest.fixture
def nobody(served: Served) -> TestClient:
    return served.client()


@pytest.fixture
def browser(served: Served) -> TestClient:
    """Logged in with scope trade."""
    client = served.client()
    answer = client.post("/api/login", json={"token": served.secrets[Scope.TRADE]}, headers={"Origin": BASE})
    assert answer.status_code == 200, answer.text
    client.headers.update({"Origin": BASE, "X-CSRF-Token": answer.json()["csrf"]})
    return client


def code(answer: Any) -> str:
    return str(answer.json()["error"]["code"])


def test_the_table_of_routes_is_whole() -> None:
    assert {path for _, path in paths()} >= {
        *GETS[:2],
        "/healthz",
        "/readyz",
        "/metrics",
        STREAM,
        "/api/login",
        "/api/logout",
    }
    assert ("POST", "/api/commands") in paths()


@pytest.mark.parametrize(("method", "path"), paths())
def test_every_route_with_every_scope(served: Served, method: str, path: str) -> None:
    if path == STREAM:
        with served.client() as client:
            assert client.get(path).status_code == 401
        return
    needed = {"/healthz": None, "/api/login": None, "/api/session": None, "/api/commands": Scope.TRADE}.get(
        path, Scope.READ
    )
    body = {"json": {"verb": "none", "nonce": "x"}} if path == "/api/commands" else {}
    for scope in (None, *Scope):
        answer = served.client(scope).request(method, path, **body)
        if needed is not None and scope is None:
            assert (answer.status_code, code(answer)) == (401, "token")
        elif needed is not None and scope is not None and scope < needed:
            assert (answer.status_code, code(answer)) == (403, "scope")
        else:
            assert answer.status_code in (200, 400, 404, 503), answer.text
            assert path == "/api/login" or answer.status_code != 401


def test_only_an_admin_makes_tokens(tmp_path: Path, served: Served) -> None:
    tokens = Tokens(Storage(tmp_path))
    first = tokens.first()
    assert first is not None
    assert tokens.first() is None
    client = TestClient(make_app(served.mirror, LOOSE, tokens), base_url=BASE)
    client.headers["Authorization"] = f"Bearer {first.reveal()}"
    made = client.post(
        "/api/commands", json={"verb": "rotate_token", "args": {"scope": "trade"}, "nonce": "a"}
    ).json()
    assert (tokens.scope_of(made["token"]), len(made["token"])) == (Scope.TRADE, 43)
    client.headers["Authorization"] = f"Bearer {made['token']}"
    answer = client.post(
        "/api/commands", json={"verb": "rotate_token", "args": {"scope": "read"}, "nonce": "b"}
    )
    assert (answer.status_code, code(answer)) == (403, "scope")
    assert tokens.scope_of(first.reveal()) == Scope.ADMIN


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1", "127.0.0.1:8601", "", "127.0.0.1:8600.evil.example", "localhost:8600@evil"],
)
def test_other_hosts_are_refused(served: Served, host: str) -> None:
    client = served.client(Scope.ADMIN)
    for path in ("/healthz", "/", "/api/state"):
        answer = client.get(path, headers={"Host": host})
        assert (answer.status_code, code(answer)) == (403, "host")


@pytest.mark.parametrize("host", ["127.0.0.1:8600", "LOCALHOST:8600", "[::1]:8600"])
def test_own_hosts_are_answered(reader: TestClient, host: str) -> None:
    assert reader.get("/api/session", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://127.0.0.1",
        "https://127.0.0.1:8600",
        "http://127.0.0.1:8600.evil",
        "",
    ],
)
def test_posts_of_other_pages_are_refused(
    browser: TestClient, nobody: TestClient, served: Served, origin: str
) -> None:
    command = {"verb": "halt", "nonce": "evil"}
    for answer in (
        browser.post("/api/commands", json=command, headers={"Origin": origin}),
        browser.post("/api/logout", headers={"Origin": origin}),
        nobody.post("/api/login", json={"token": served.secrets[Scope.READ]}, headers={"Origin": origin}),
        served.client(Scope.TRADE).post("/api/commands", json=command, headers={"Origin": origin}),
    ):
        assert (answer.status_code, code(answer)) == (403, "origin")


def test_a_post_needs_origin_and_the_sessions_token(browser: TestClient) -> None:
    command = {"verb": "lock", "args": {"instrument": "AA", "confirm": "x"}, "nonce": "csrf"}
    assert browser.post("/api/commands", json=command).status_code == 400
    right = dict(browser.headers)
    for wrong in ("", "0" * 64, right["x-csrf-token"][:-1], right["x-csrf-token"].upper(), "ü"):
        answer = browser.post("/api/commands", json=command, headers={"X-CSRF-Token": wrong.encode()})
        assert (answer.status_code, code(answer)) == (403, "csrf")
    del browser.headers["X-CSRF-Token"]
    assert code(browser.post("/api/commands", json=command)) == "csrf"
    browser.headers["X-CSRF-Token"] = right["x-csrf-token"]
    del browser.headers["Origin"]
    assert code(browser.post("/api/commands", json=command)) == "origin"


def test_cookie_and_logout(browser: TestClient, nobody: TestClient, served: Served) -> None:
    answer = nobody.post("/api/login", json={"token": served.secrets[Scope.TRADE]})
    flags = answer.headers["set-cookie"].lower()
    assert all(flag in flags for flag in ("httponly", "samesite=strict", "path=/", f"max-age={LASTS_S}"))
    assert "secure" not in flags
    assert browser.get("/api/session").json()["scope"] == "trade"
    session = browser.cookies[COOKIE]
    assert browser.post("/api/logout").status_code == 200
    browser.cookies.set(COOKIE, session)
    after = browser.get("/api/session")
    assert (after.status_code, code(after)) == (401, "session")
    assert nobody.get("/api/session", headers={"Cookie": ""}).status_code == 200
    assert served.client().get("/api/session").json() == {"scope": None, "csrf": None}


def test_other_cookies_of_the_host_do_no_harm(browser: TestClient, served: Served) -> None:
    session = browser.cookies[COOKIE]
    other = Settings(port=8_601).cookie
    for cookies in (
        f'prefs={{"a": [1, 2]}}; odd name=x y; {COOKIE}={session}',
        f"{other}=of-another-book; {COOKIE}={session}",
        f"={{; {COOKIE}={session}; {other}=",
    ):
        answer = served.client().get("/api/session", headers={"Cookie": cookies})
        assert (answer.status_code, answer.json()["scope"]) == (200, "trade")
    ended = browser.post("/api/logout").headers["set-cookie"]
    assert ended.startswith(f"{COOKIE}=")


def test_a_post_that_nobody_listed_is_an_admins(served: Served) -> None:
    assert {needs("POST", path) for path in ("/api/new", "/new", "/api/session")} == {Scope.ADMIN}
    assert (needs("POST", "/api/commands"), needs("POST", "/api/logout")) == (Scope.TRADE, Scope.READ)
    assert (needs("GET", "/api/new"), needs("GET", "/")) == (Scope.READ, None)
    for path in ("/", "/api/session", "/api/new"):
        assert served.client().post(path).status_code == 401


def test_sessions_end_with_time_and_token(tmp_path: Path) -> None:
    now = [1_000.0]
    storage = Storage(tmp_path)
    tokens = Tokens(storage)
    tokens.rotate(Scope.READ)
    sessions = Sessions(storage, tokens, lambda: now[0])
    one = sessions.begin(Scope.READ).reveal()
    again = Sessions(storage, tokens, lambda: now[0])
    assert again.scope_of(one) == Scope.READ
    now[0] += LASTS_S
    assert again.scope_of(one) is None
    two = again.begin(Scope.READ).reveal()
    assert again.scope_of(two) == Scope.READ
    tokens.rotate(Scope.READ)
    assert again.scope_of(two) is None
    assert csrf_of(one) != csrf_of(two)


@pytest.mark.parametrize("token", ["", "x", "x" * 200, "x" * 201, "ü", None, 3, ["x"]])
def test_wrong_tokens_are_refused(nobody: TestClient, token: Any) -> None:
    answer = nobody.post("/api/login", json={"token": token})
    assert answer.status_code in (400, 401)
    if isinstance(token, str) and token.isascii():
        raw = nobody.get("/api/state", headers={"Authorization": f"Bearer {token}"})
        assert (raw.status_code, code(raw)) == (401, "token")


def test_a_token_in_the_address_counts_for_nothing(nobody: TestClient, served: Served) -> None:
    secret = served.secrets[Scope.ADMIN]
    for query in (f"token={secret}", f"access_token={secret}", f"authorization=Bearer {secret}"):
        assert nobody.get(f"/api/state?{query}").status_code == 401


def test_bodies_are_bounded(served: Served) -> None:
    client = served.client(Scope.TRADE)
    assert code(client.post("/api/commands", content=b"x" * 65_537)) == "body"

    def parts() -> Iterator[bytes]:
        for _ in range(70):
            yield b"x" * 1_000

    answer = client.post("/api/commands", content=parts())
    assert (answer.status_code, code(answer)) == (413, "body")
    for body in (
        b"",
        b"{",
        b"[]",
        b'{"verb": 1}',
        b'{"verb": "halt", "nonce": "a", "more": 1}',
        b'{"verb": "halt"}',
    ):
        answer = client.post("/api/commands", content=body, headers={"Content-Type": "application/json"})
        assert (answer.status_code, code(answer)) == (400, "value")


def test_methods_without_a_use_are_refused(served: Served) -> None:
    client = served.client(Scope.ADMIN)
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"):
        answer = client.request(method, "/api/state", headers={"Origin": "https://evil.example"})
        assert answer.status_code == 405
        assert not [name for name in answer.headers if name.startswith("access-control")]
    assert client.post("/api/state").status_code == 405


def test_rates(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quantrl.live.api.guard.Buckets", partial(Buckets, clock=lambda: 0.0))
    client = served.client(Scope.READ, Settings.of())
    answers = [client.get("/api/session") for _ in range(42)]
    assert [answer.status_code for answer in answers] == [200] * 40 + [429] * 2
    late = next(answer for answer in answers if answer.status_code == 429)
    assert code(late) == "rate"
    assert int(late.headers["Retry-After"]) >= 1
    logins = served.client(None, replace(LOOSE, logins_per_min=5.0))
    tries = [logins.post("/api/login", json={"token": "wrong"}).status_code for _ in range(7)]
    assert tries == [401] * 5 + [429] * 2
    assert logins.post("/api/login", json={"token": served.secrets[Scope.READ]}).status_code == 429
    bearers = served.client(None, replace(LOOSE, logins_per_min=5.0))
    tries = [bearers.get("/api/state", headers={"Authorization": "Bearer no"}).status_code for _ in range(7)]
    assert tries == [401] * 5 + [429] * 2


def test_buckets_fill_again() -> None:
    now = [0.0]
    buckets = Buckets(2.0, 3.0, lambda: now[0])
    assert [buckets.take("a") for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert buckets.take("b") == 0.0
    now[0] = 0.5
    assert buckets.take("a") == 0.0


def test_headers_of_every_answer(served: Served) -> None:
    with served.client(Scope.READ) as client:
        for path, status in (
            ("/", 200),
            ("/api/state", 200),
            ("/api/nothing", 404),
            ("/nothing", 404),
            ("/docs", 404),
            ("/openapi.json", 404),
        ):
            answer = client.get(path)
            assert answer.status_code == status, path
            for name, value in HEADERS:
                assert answer.headers[name.decode()] == value.decode()
            assert "server" not in answer.headers
        assert client.get("/api/state").headers["cache-control"] == "no-store"


def test_no_path_leaves_the_folder(served: Served) -> None:
    client = served.client()
    for path in (
        "/../asks.py",
        "/%2e%2e/asks.py",
        "/..%2fasks.py",
        "/index.html/../../asks.py",
        "/api/../asks.py",
        "//etc/passwd",
    ):
        assert client.get(path).status_code in (401, 404)


def test_twice_the_same_header_is_refused(served: Served) -> None:
    client = served.client()
    answer = client.get("/healthz", headers=[("Host", "127.0.0.1:8600"), ("Host", "evil.example")])
    assert answer.status_code in (400, 403)


def test_tokens_are_kept_as_hashes(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    secret = Tokens(storage).first()
    assert secret is not None
    raw = (tmp_path / NAME).read_text()
    assert secret.reveal() not in raw
    assert json.loads(raw) == {"sha256": {"admin": hashed(secret.reveal())}}
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600
    assert Tokens(storage).scope_of(secret.reveal()) == Scope.ADMIN
    assert Tokens(storage).scope_of(secret.reveal() + "x") is None
    assert repr(secret) == str(secret) == f"{secret}" == "Secret(***)"
    for text in (
        "",
        "[]",
        "{}",
        '{"sha256": {"root": "00"}}',
        '{"sha256": {"admin": "zz"}}',
        '{"sha256": []}',
    ):
        (tmp_path / NAME).write_text(text)
        with pytest.raises(ConfigError, match="remove it"):
            Tokens(storage)


def test_canaries_leak_nowhere(
    served: Served, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tokens and session ids, right and wrong ones, in logs, journal, view, metrics, pages and faults."""
    caplog.set_level(logging.DEBUG)
    canary = "CANARY-0f6c2b7e41"
    client, told = served.client(raise_server_exceptions=False), []
    told.append(client.post("/api/login", json={"token": canary}).text)
    told.append(client.get("/api/state", headers={"Authorization": f"Bearer {canary}"}).text)
    told.append(client.get("/api/state", headers={"Cookie": f"{COOKIE}={canary}"}).text)
    admin = served.client(Scope.ADMIN, raise_server_exceptions=False)
    told += [admin.get(path).text for path in (*GETS, "/metrics", "/readyz", "/", "/api/session")]

    def broken(*_: Any) -> None:
        raise RuntimeError(f"a fault beside {Secret(canary)}")

    monkeypatch.setattr("quantrl.live.api.risk_tables.locks", broken)
    fault = admin.get("/api/locks")
    assert (fault.status_code, code(fault)) == (500, "fault")
    told.append(fault.text)
    told += [record.getMessage() + str(record.exc_text) for record in caplog.records]
    everything = "\n".join(told).encode()
    for path in served.mirror.folder.rglob("*"):
        if path.is_file():
            everything += path.read_bytes()[: 1 << 24]
    for secret in (canary, *served.secrets.values()):
        assert secret.encode() not in everything


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"host": "0.0.0.0"}, "--allow-remote"),
        ({"host": "0.0.0.0", "allow_remote": True}, "--behind-proxy"),
        ({"host": "192.0.2.1"}, "--allow-remote"),
        ({"host": "localhost"}, "an IP address"),
        ({"port": 70_000}, "0 to 65535"),
        ({"tls_cert": Path("a")}, "both or none"),
        ({"tls_cert": Path("a"), "tls_key": Path("b")}, "expected a file"),
        ({"names": ["a b"]}, "--allow-host"),
    ],
)
def test_settings_that_would_expose_it_are_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Settings.of(**given)


def test_remote_settings() -> None:
    proxied = Settings.of("0.0.0.0", 8600, allow_remote=True, behind_proxy=True, names=["desk.example"])
    assert "desk.example" in proxied.hosts
    assert "https://desk.example" in proxied.origins
    assert not any("127.0.0.1" in host for host in proxied.hosts)
    assert Settings.of().hosts == {"127.0.0.1:8600", "localhost:8600", "[::1]:8600"}
