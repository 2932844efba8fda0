"""The event stream over a true server: each event once and in order, over restarts, and no client that can hold it up."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from counts import full_or
from live.api.conftest import LOOSE, Served
from live.gates.kept import keep
from quantrl.live.api import stream
from quantrl.live.api.app import make_app
from quantrl.live.api.settings import Settings
from quantrl.live.api.tokens import Scope, Tokens
from quantrl.live.api_process import listening
from quantrl.live.record import Event
from quantrl.live.storage import Storage
from quantrl.live.view import View

RESTARTS = full_or(100, 3)


@contextmanager
def running(served: Served, settings: Settings, listener: socket.socket) -> Iterator[None]:
    """A server on a socket that outlives it."""
    app = make_app(served.mirror, settings, served.tokens)
    config = uvicorn.Config(app, log_config=None, ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener.dup()])))
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def bound() -> Iterator[tuple[Settings, socket.socket]]:
    settings, listener = listening(replace(LOOSE, port=0))
    with listener:
        yield settings, listener


def told(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """Messages of a stream: event, id, data."""
    message: dict[str, Any] = {}
    for line in lines:
        if not line:
            if message:
                yield message
            message = {}
            continue
        name, _, value = line.partition(": ")
        message[name] = json.loads(value) if name == "data" else value


def headers(served: Served, last: int | None = None) -> dict[str, str]:
    own = {"Authorization": f"Bearer {served.secrets[Scope.READ]}"}
    return own if last is None else {**own, "Last-Event-ID": str(last)}


def test_over_restarts_nothing_is_missing_or_repeated(
    served: Served, bound: tuple[Settings, socket.socket]
) -> None:
    settings, listener = bound
    head, seen = served.mirror.head, [0]
    step = head // (RESTARTS + 1)
    for _ in range(RESTARTS + 1):
        with running(served, settings, listener), httpx.Client(timeout=20) as client:
            until = min(seen[-1] + step, head)
            with client.stream(
                "GET", f"{settings.url}api/stream", headers=headers(served, seen[-1])
            ) as answer:
                assert answer.headers["content-type"].startswith("text/event-stream")
                for message in told(answer.iter_lines()):
                    if message.get("event") == "event":
                        assert message["id"] == message["data"]["seq"]
                        seen.append(int(message["id"]))
                        if seen[-1] >= until:
                            break
    assert seen == list(range(len(seen)))
    assert len(seen) > head - step
    counts = {"restarts": RESTARTS, "events": len(seen) - 1, "missing or repeated": 0}
    keep("stream", "Event stream over restarts of the server", counts, seeds="none")


def test_new_events_and_tiles_arrive(served: Served, bound: tuple[Settings, socket.socket]) -> None:
    settings, listener = bound
    with running(served, settings, listener), httpx.Client(timeout=20) as client:
        served.caught_up()
        with client.stream("GET", f"{settings.url}api/stream", headers=headers(served)) as answer:
            messages = told(answer.iter_lines())
            hello = next(messages)
            assert (hello["event"], hello["id"]) == ("hello", str(served.mirror.head))
            tile = next(message for message in messages if message.get("event") == "tile")
            assert tile["data"]["name"] == "small_book"
            assert "id" not in tile
            begun = time.monotonic()
            served.mirror.command("lock", {"instrument": "DD", "reason": "seen"}, f"s{begun}", "api/trade")
            event = next(message for message in messages if message.get("event") == "event")
            assert event["data"]["kind"] == "Command"
            assert time.monotonic() - begun < 5
            served.mirror.command("unlock", {"instrument": "DD"}, f"u{begun}", "api/trade")


def test_rows_that_are_seen_before_the_mirror_tells_of_them_are_told_once(
    served: Served, bound: tuple[Settings, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    take, paused = View.take, threading.Event()

    def slow(view: View, events: Sequence[Event]) -> None:
        """As on a busy machine: the rows are there, and the thread that says so does not run."""
        take(view, events)
        if events:
            paused.set()
            time.sleep(0.4)

    settings, listener = bound
    served.caught_up()
    first = served.mirror.head
    monkeypatch.setattr(View, "take", slow)
    monkeypatch.setattr("quantrl.live.api.mirror.POLL_S", 0.001)
    monkeypatch.setattr(stream, "PAUSE_S", 0.1)
    own = headers(served, first)
    with (
        running(served, settings, listener),
        httpx.Client(timeout=20) as client,
        client.stream("GET", f"{settings.url}api/stream", headers=own) as answer,
    ):
        messages = told(answer.iter_lines())
        assert next(messages)["event"] == "hello"
        seen = []
        for number in range(6):
            for verb in ("lock", "unlock"):
                served.mirror.command(verb, {"instrument": "DD"}, f"race {verb} {number}", "api/trade")
                time.sleep(0.1)
        last = served.daemon.journal.committed.seq
        while not seen or seen[-1] < last:
            message = next(messages)
            assert message["event"] != "gap"
            if message["event"] == "event":
                seen.append(int(message["id"]))
    assert paused.is_set()
    assert seen == list(range(first + 1, last + 1))


def test_who_is_far_behind_loads_again(
    served: Served, bound: tuple[Settings, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, listener = bound
    monkeypatch.setattr(stream, "FAR", 50)
    served.caught_up()
    with running(served, settings, listener), httpx.Client(timeout=20) as client:
        for last in (1, served.mirror.head + 10):
            with client.stream("GET", f"{settings.url}api/stream", headers=headers(served, last)) as answer:
                found = next(
                    message
                    for message in told(answer.iter_lines())
                    if message.get("event") in ("gap", "event")
                )
            assert (found["event"], found["id"]) == ("gap", str(served.mirror.head))


def test_too_many_clients_and_wrong_ids(served: Served, bound: tuple[Settings, socket.socket]) -> None:
    settings, listener = bound
    settings = replace(settings, streams=3)
    with running(served, settings, listener), httpx.Client(timeout=20) as client:
        url = f"{settings.url}api/stream"
        for wrong in ("x", "-1", "1" * 30, "1.5"):
            answer = client.get(url, headers={**headers(served), "Last-Event-ID": wrong})
            assert (answer.status_code, answer.json()["error"]["field"]) == (400, "Last-Event-ID")
        with ExitStack() as held:
            answers = [
                held.enter_context(client.stream("GET", url, headers=headers(served))) for _ in range(3)
            ]
            kept = [told(answer.iter_lines()) for answer in answers]
            assert [next(messages)["event"] for messages in kept] == ["hello"] * 3
            with client.stream("GET", url, headers=headers(served)) as late:
                assert late.status_code == 429
                assert json.loads(late.read())["error"]["code"] == "streams"
        assert admitted(client, served, url)


@pytest.mark.parametrize(("by_cookie", "end"), [(True, "logout"), (True, "rotate"), (False, "rotate")])
def test_a_stream_ends_with_what_let_it_in(
    served: Served, bound: tuple[Settings, socket.socket], tmp_path: Path, by_cookie: bool, end: str
) -> None:
    settings, listener = bound
    tokens = Tokens(Storage(tmp_path))
    secret = tokens.rotate(Scope.READ).reveal()
    own = {"Origin": settings.url.strip("/")}
    with (
        running(replace(served, tokens=tokens), settings, listener),
        httpx.Client(timeout=20, headers=own, base_url=settings.url) as client,
    ):
        if by_cookie:
            client.headers["X-CSRF-Token"] = client.post("api/login", json={"token": secret}).json()["csrf"]
        else:
            client.headers["Authorization"] = f"Bearer {secret}"
        with client.stream("GET", "api/stream") as answer:
            messages = told(answer.iter_lines())
            assert next(messages)["event"] == "hello"
            tokens.rotate(Scope.TRADE)
            assert [next(messages)["event"] for _ in range(3)] == ["tile"] * 3
            if end == "logout":
                assert client.post("api/logout").status_code == 200
            else:
                tokens.rotate(Scope.READ)
            left = list(messages)
        assert len(left) <= 4
        assert client.get("api/stream").status_code == 401


def admitted(client: httpx.Client, served: Served, url: str) -> bool:
    """Whether a client is let in, soon."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with client.stream("GET", url, headers=headers(served)) as again:
            if again.status_code == 200:
                return True
        time.sleep(0.1)
    return False


def test_a_client_that_reads_nothing_is_dropped(
    served: Served, bound: tuple[Settings, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, listener = bound
    monkeypatch.setattr("quantrl.live.api.guard.SEND_S", 0.3)
    monkeypatch.setattr(stream, "TILE_S", 0.0)
    monkeypatch.setattr(stream, "PAUSE_S", 0.0)
    with running(served, replace(settings, streams=1), listener), socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        deaf.connect((settings.host, settings.port))
        own = "".join(f"{name}: {value}\r\n" for name, value in headers(served, 0).items())
        host = f"{settings.host}:{settings.port}"
        deaf.sendall(f"GET /api/stream HTTP/1.1\r\nHost: {host}\r\n{own}\r\n".encode())
        time.sleep(0.3)
        with httpx.Client(timeout=20) as client:
            url = f"{settings.url}api/stream"
            with client.stream("GET", url, headers=headers(served)) as late:
                assert late.status_code == 429
            assert admitted(client, served, url)
