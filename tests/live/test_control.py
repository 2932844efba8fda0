"""A running book and whoever talks to it: answers between cycles, and no client that can hold it up."""

from __future__ import annotations

import errno
import json
import multiprocessing
import socket
import stat
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest

from live import paper_book, paper_books
from quantrl.errors import LiveError, NotRunning, RetryableError, StorageError
from quantrl.live import control as controls
from quantrl.live import hosts
from quantrl.live.client import Client
from quantrl.live.control import CLIENTS, Control
from quantrl.live.engine import Daemon
from quantrl.live.folder_lock import is_owned
from quantrl.live.wire import LIMIT, SOCKET, FrameError, address, frame

T = TypeVar("T")
PANEL = paper_book.panel(40)


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    with paper_books.make(tmp_path / "book", paper_book.config(), PANEL) as made:
        made.run(until=int(PANEL.time[4]))
        yield made


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def control(daemon: Daemon, log: list[str]) -> Iterator[Control]:
    made = Control(daemon.folder, log.append)
    yield made
    made.close()


def while_served(control: Control, daemon: Daemon, ask: Callable[[], T]) -> T:
    """What `ask` gives in a thread of its own while the engine's side is served."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(ask())
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while thread.is_alive():
        control.serve(daemon)
        time.sleep(0.001)
    if isinstance(found[0], BaseException):
        raise found[0]
    answer: T = found[0]
    return answer


def asked(control: Control, daemon: Daemon, use: Callable[[Client], T]) -> T:
    def ask() -> T:
        with Client(daemon.folder, timeout_s=20) as client:
            return use(client)

    return while_served(control, daemon, ask)


def connected(folder: Path) -> socket.socket:
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with address(folder) as name:
        peer.connect(name)
    peer.settimeout(5)
    return peer


def test_status_is_the_books_own(control: Control, daemon: Daemon) -> None:
    reply = asked(control, daemon, Client.status)
    summary, state = reply["summary"], daemon.state()
    assert (summary["name"], summary["bar"], summary["bars"]) == ("small_book", 5, 40)
    assert summary["equity"] == state.equity == 25_000_000_000_000
    assert summary["digest"] == daemon.content_digest().hex()
    assert reply["daemon"]["boot"] == 1
    assert reply["daemon"]["committed"] == state.seq


def test_a_command_and_its_repetition(control: Control, daemon: Daemon) -> None:
    def halt(client: Client) -> str:
        return client.command("halt", nonce="n1", reason="smoke")

    assert asked(control, daemon, halt) == "HALTED"
    seq = daemon.state().seq
    assert asked(control, daemon, halt) == "HALTED"
    assert daemon.state().seq == seq
    assert daemon.state().reason == "halt: smoke"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"verb": "fly"}, "verb: expected one of"),
        ({"verb": "resume", "args": {"confirm": "other"}}, "resume: not while the book is ACTIVE"),
        ({"verb": "kill_file"}, "kill_file: expected from file"),
        ({"verb": 3}, "verb: expected text"),
        ({"verb": "halt", "args": []}, "args: expected an object, got list"),
        ({"verb": "halt", "args": {"principal": "file"}}, "args: expected some of reason"),
        ({"verb": "halt", "args": {"reason": 7}}, "reason: expected text"),
        ({"verb": "halt", "args": {"reason": "\ud800"}}, "reason: expected text"),
        ({"verb": "halt", "args": {"reason": "x" * 401}}, "reason: expected text of at most 400"),
        ({"verb": "halt", "nonce": None}, "nonce: expected text"),
        ({"verb": "lock", "args": {"instrument": "ZZ"}}, "instrument: expected one of AA"),
        (
            {"ask": "fly"},
            "ask: expected one of status, command, stop, snapshot, about, events, rows, depth, pulse",
        ),
        ({"ask": ["status"]}, "ask: expected"),
    ],
    ids=str,
)
def test_what_is_refused_changes_nothing(
    control: Control, daemon: Daemon, body: dict[str, Any], message: str
) -> None:
    before = daemon.state()
    with pytest.raises(LiveError, match=message):
        asked(control, daemon, lambda client: client.ask({"ask": "command", **body}))
    assert daemon.state() == before


def test_snapshot_and_stop(control: Control, daemon: Daemon) -> None:
    name = asked(control, daemon, Client.snapshot)
    assert (daemon.folder / "snapshots" / name).is_file()
    assert not control.stopping
    assert asked(control, daemon, lambda client: client.stop(now=True)) > 0
    assert control.stopping
    assert control.now
    daemon.run()
    assert daemon.bar == 4


def test_requests_are_answered_while_bars_are_taken(control: Control, daemon: Daemon) -> None:
    daemon.on_cycle = control.serve
    seen: list[int] = []

    def watch() -> None:
        with Client(daemon.folder, timeout_s=20) as client:
            while (bar := client.status()["summary"]["bar"]) < 40:
                seen.append(bar)

    thread = threading.Thread(target=watch)
    thread.start()
    while not seen:
        control.serve(daemon)
    daemon.run(speed=86_400 * 100)
    while thread.is_alive():
        control.serve(daemon)
    assert len(set(seen)) > 3
    assert seen == sorted(seen)


def test_only_the_owner_may_connect(control: Control, daemon: Daemon) -> None:
    path = daemon.folder / SOCKET
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    control.close()
    assert not path.exists()


@pytest.mark.parametrize("left", ["socket", "file"])
def test_what_a_dead_daemon_left_is_removed(daemon: Daemon, left: str) -> None:
    path = daemon.folder / SOCKET
    if left == "socket":
        with socket.socket(socket.AF_UNIX) as old, address(daemon.folder) as name:
            old.bind(name)
        with pytest.raises(NotRunning):
            Client(daemon.folder)
    else:
        path.write_text("not a socket")
    control = Control(daemon.folder)
    assert asked(control, daemon, Client.status)["summary"]["name"] == "small_book"
    control.close()


def test_a_folder_in_the_sockets_place_is_told(daemon: Daemon) -> None:
    (daemon.folder / SOCKET).mkdir()
    with pytest.raises(StorageError, match=SOCKET):
        Control(daemon.folder)


def test_long_paths(tmp_path: Path) -> None:
    folder = tmp_path / ("a" * 90) / ("b" * 90)
    with paper_books.make(folder, paper_book.config(), PANEL) as daemon:
        control = Control(folder)
        assert asked(control, daemon, Client.status)["summary"]["bar"] == 0
        control.close()


@pytest.mark.parametrize(
    "sent",
    [
        struct.pack(">I", 0),
        struct.pack(">I", LIMIT + 1),
        b"\xff" * 64,
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack(">I", 4) + b"nope",
        struct.pack(">I", 2) + b"[]",
        struct.pack(">I", 4) + b"\xff\xfe\x00\x00",
        struct.pack(">I", 100_000) + b"[" * 100_000,
        struct.pack(">I", 10) + b"{}",
        b"\x00",
    ],
    ids=range(10),
)
def test_malformed_frames_end_the_connection(
    control: Control, daemon: Daemon, log: list[str], sent: bytes
) -> None:
    before = daemon.state()
    with connected(daemon.folder) as peer:
        peer.sendall(sent)
        peer.shutdown(socket.SHUT_WR)
        while_served(control, daemon, lambda: _ended(peer))
    assert asked(control, daemon, Client.status)["summary"]["seq"] == before.seq
    assert daemon.state() == before
    assert len(log) == 1
    assert log[0].startswith("engine.sock: frame: expected")


def _ended(peer: socket.socket) -> None:
    with suppress(ConnectionResetError):
        assert peer.recv(1) == b""


def test_a_flood_of_malformed_frames_is_one_line(control: Control, daemon: Daemon, log: list[str]) -> None:
    for _ in range(200):
        with connected(daemon.folder) as peer:
            peer.sendall(struct.pack(">I", LIMIT + 1))
            _ended(peer)
    assert len(log) <= 1 + 200 // 50
    assert asked(control, daemon, Client.status)


def test_clients_that_hang_or_die_do_not_hold_the_book_up(control: Control, daemon: Daemon) -> None:
    half, mute, gone = (connected(daemon.folder) for _ in range(3))
    half.sendall(struct.pack(">I", 500) + b'{"ask":')
    for _ in range(50):
        gone.sendall(frame({"ask": "status"}))
    gone.close()
    mute.sendall(frame({"ask": "status"}))  # and never reads
    daemon.on_cycle = control.serve
    daemon.run()
    assert daemon.bar == 39
    assert asked(control, daemon, Client.status)["summary"]["bar"] == 40
    half.close()
    mute.close()


def test_idle_clients_give_way(control: Control, daemon: Daemon) -> None:
    idle = [connected(daemon.folder) for _ in range(3 * CLIENTS)]
    assert asked(control, daemon, Client.status)
    for peer in idle:
        peer.close()


def test_a_halt_is_heard_while_an_agent_thinks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "_serve", paper_books.serve)
    slow = paper_books.scripted("slow", fault="sleep", start=2)
    others = [paper_books.scripted(f"random_{salt}", salt=salt) for salt in range(3)]
    settings = paper_books.config(slow, *others, hosts={"workers": 2, "timeout_s": 50.0})
    with paper_books.make(tmp_path / "book", settings, paper_books.panel(bars=3)) as daemon:
        control, answered = Control(daemon.folder), []

        def halt() -> None:
            while daemon.bar < 2:
                time.sleep(0.01)
            begun = time.monotonic()
            with Client(daemon.folder, timeout_s=20) as client:
                answered.append((client.command("halt"), time.monotonic() - begun))
            answered.append(("asked", len(daemon.book.requests)))
            for worker in multiprocessing.active_children():
                worker.kill()

        thread = threading.Thread(target=halt)
        daemon.on_cycle = control.serve
        thread.start()
        daemon.run()
        thread.join()
        control.close()
        assert answered[0][0] == "HALTED"
        assert answered[0][1] < 20
        assert answered[1][1] > 0
        assert daemon.bar == 2
        assert daemon.state().state == "HALTED"


def test_a_frame_that_trickles_is_cut_off(
    control: Control, daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(controls, "FRAME_S", 0.2)
    with connected(daemon.folder) as peer:
        peer.sendall(struct.pack(">I", 100))
        begun = time.monotonic()
        for _ in range(100):
            try:
                peer.sendall(b"{")
            except OSError:
                break
            time.sleep(0.02)
        assert time.monotonic() - begun < 1.5


def test_nobody_there(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere", tmp_path / ("x" * 200)):
        with pytest.raises(NotRunning, match="no daemon is running"):
            Client(folder)
        assert not is_owned(folder)


def test_a_busy_engine_is_told_in_time(control: Control, daemon: Daemon) -> None:
    begun = time.monotonic()
    with Client(daemon.folder, timeout_s=0.2) as client, pytest.raises(RetryableError, match="within 0.2 s"):
        client.status()
    assert time.monotonic() - begun < 1
    assert is_owned(daemon.folder)


def test_a_stopping_daemon_says_so(control: Control, daemon: Daemon) -> None:
    found: list[Exception] = []

    def ask() -> None:
        try:
            with Client(daemon.folder) as client:
                client.status()
        except LiveError as error:
            found.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(0.1)
    control.close()
    thread.join()
    assert isinstance(found[0], NotRunning)
    with pytest.raises(NotRunning):
        Client(daemon.folder)


def test_what_is_fatal_reaches_both_sides(
    control: Control, daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise StorageError("no space left", errno.ENOSPC)

    monkeypatch.setattr(daemon, "command", refuse)
    with connected(daemon.folder) as peer:
        peer.sendall(frame({"ask": "command", "verb": "halt"}))
        time.sleep(0.2)
        with pytest.raises(StorageError, match="no space left"):
            control.serve(daemon)
        length = struct.unpack(">I", peer.recv(4))[0]
        assert json.loads(peer.recv(length))["error"] == {"type": "StorageError", "message": "no space left"}


def test_frames_have_a_limit() -> None:
    assert frame({"a": 1}) == b'\x00\x00\x00\x07{"a":1}'
    with pytest.raises(FrameError, match=str(LIMIT)):
        frame({"a": "x" * LIMIT})


def test_the_socket_is_no_part_of_what_happened(tmp_path: Path) -> None:
    digests = []
    for served in (False, True):
        folder = tmp_path / str(served)
        with paper_books.make(folder, paper_book.config(), paper_book.panel(20)) as daemon:
            control = Control(folder) if served else None
            if control is not None:
                daemon.on_cycle = control.serve
            daemon.run()
            if control is not None:
                asked(control, daemon, Client.status)
                control.close()
            digests.append(daemon.content_digest())
    assert digests[0] == digests[1]
