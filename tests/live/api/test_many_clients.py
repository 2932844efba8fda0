"""Sixty-four clients of the stream at once, one of them deaf: sixteen are served, the rest refused, memory is bounded."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from counts import full_or
from live import paper_book, paper_books
from live.api.conftest import LOOSE, Served, serving, soon
from live.gates.kept import keep
from quantrl.live.api.settings import STREAMS, Settings
from quantrl.live.api.tokens import Scope
from quantrl.live.api_process import ApiProcess, listening

CLIENTS = 64
COMMANDS = full_or(2_000, 40)
GROWTH_MIB = 24
_PAGE = 4_096


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    data = paper_book.panel()
    with paper_books.make(tmp_path / "book", paper_book.config(), data) as daemon:
        daemon.run(until=int(data.time[79]))
        with serving(daemon, mirrored=False) as made:
            yield made


@pytest.fixture
def api(served: Served) -> Iterator[tuple[Settings, ApiProcess]]:
    """A server in a process of its own, whose memory is its own."""
    settings, listener = listening(replace(LOOSE, port=0))
    process = ApiProcess(served.mirror.folder, settings, listener)
    process.start()
    try:
        yield settings, process
    finally:
        process.close()


@dataclass
class Client:
    """One reader of the stream, by hand, so that it can be as slow as it likes."""

    settings: Settings
    token: str
    last: int
    deaf: bool = False
    status: int = 0
    seen: list[int] = field(default_factory=list)
    tiles: int = 0
    rest: bytes = b""

    def open(self, stack: ExitStack) -> None:
        """Ask, and read the status."""
        own = socket.socket()
        self.socket = stack.enter_context(own)
        if self.deaf:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        own.settimeout(30)
        own.connect((self.settings.host, self.settings.port))
        host = f"{self.settings.host}:{self.settings.port}"
        lines = ("GET /api/stream HTTP/1.1", f"Host: {host}", f"Authorization: Bearer {self.token}")
        own.sendall("\r\n".join([*lines, f"Last-Event-ID: {self.last}", "", ""]).encode())
        head = b""
        while b"\r\n" not in head:
            head += own.recv(256)
        self.status = int(head.split()[1])
        self.rest = head
        own.setblocking(False)

    def read(self) -> None:
        """Take what is there."""
        if self.deaf or self.status != 200:
            return
        while True:
            try:
                data = self.socket.recv(1 << 16)
            except BlockingIOError:
                break
            assert data, "hung up on"
            self.rest += data
        *blocks, self.rest = self.rest.replace(b"\r\n", b"\n").split(b"\n\n")
        for block in blocks:
            self.tiles += b"event: tile" in block
            if b"event: event" in block:
                (line,) = [each for each in block.split(b"\n") if each.startswith(b"id: ")]
                self.seen.append(int(line[4:]))


def rss_mib(pid: int | None) -> float:
    """Memory of a process."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * _PAGE / 2**20


def ready(settings: Settings, token: str) -> bool:
    """Whether the server has the whole book."""
    own = {"Authorization": f"Bearer {token}"}
    try:
        answer = httpx.get(f"{settings.url}api/state", headers=own, timeout=20)
    except httpx.HTTPError:
        return False
    told: dict[str, Any] = answer.json()
    return answer.status_code == 200 and told["engine"]["connected"] and told["engine"]["behind"] == 0


def test_sixty_four_clients_and_a_deaf_one(served: Served, api: tuple[Settings, ApiProcess]) -> None:
    settings, process = api
    token = served.secrets[Scope.READ]
    assert soon(lambda: ready(settings, token), bool)
    first = served.daemon.journal.committed.seq
    with ExitStack() as stack:
        # The deaf one asks for everything since the beginning and takes nothing of it.
        clients = [Client(settings, token, 1 if k == 0 else first, deaf=k == 0) for k in range(CLIENTS)]
        for client in clients:
            client.open(stack)
        statuses = [client.status for client in clients]
        assert statuses == [200] * STREAMS + [429] * (CLIENTS - STREAMS)
        before, most = rss_mib(process.pid), 0.0
        for number in range(COMMANDS // 2):
            for verb in ("lock", "unlock"):
                served.mirror.command(verb, {"instrument": "DD"}, f"many {verb} {number}", "api/trade")
            for client in clients:
                client.read()
            most = max(most, rss_mib(process.pid))
        last = served.daemon.journal.committed.seq
        assert last - first >= 2 * COMMANDS
        end = time.monotonic() + 60
        readers = [client for client in clients if client.status == 200 and not client.deaf]
        while any(not one.seen or one.seen[-1] < last for one in readers) and time.monotonic() < end:
            for client in readers:
                client.read()
            time.sleep(0.01)
        most = max(most, rss_mib(process.pid))
        for one in readers:
            assert one.seen == list(range(first + 1, last + 1))
            assert one.tiles > 0
        counts = {
            "clients": CLIENTS,
            "served": STREAMS,
            "refused": CLIENTS - STREAMS,
            "events": last - first,
            "missing or repeated": 0,
            "memory before, MiB": round(before, 1),
            "most, MiB": round(most, 1),
        }
        keep("streams", "Clients of the stream, one of them deaf", counts, seeds="none")
        assert most - before <= GROWTH_MIB
