"""Messages from a book to people: what makes one, that each arrives, that few arrive at once, and that no secret does."""

from __future__ import annotations

import json
import logging
import os
import pickle
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from live import paper_book, paper_books
from quantrl.errors import ConfigError, LiveError, RetryableError
from quantrl.live import outbox, secret
from quantrl.live.config import PaperConfig
from quantrl.live.inspection import rebuild
from quantrl.live.logs import log_to
from quantrl.live.notify import STATE, Memory, Notifier, last_words
from quantrl.live.notify_settings import NAME, NotifySettings
from quantrl.live.secret import Secret, read_secret, redacted
from quantrl.live.sinks import FILE, KEY_HEADER, FileSink, WebhookSink, sinks_of
from quantrl.live.spool import Spool

PANEL = paper_book.panel(30)
CANARY = "canary-5f1d/e+8?c02"


class Clock:
    """A wall clock that a test moves."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Kept:
    """A sink that fails as often as it is told."""

    def __init__(self, fails: int = 0) -> None:
        self.sent: list[dict[str, Any]] = []
        self.tried, self._fails = 0, fails

    def send(self, message: Mapping[str, Any]) -> None:
        self.tried += 1
        if self.tried <= self._fails:
            raise RetryableError("refused")
        self.sent.append(dict(message))


def messages(topic: str, *ids: int) -> list[dict[str, Any]]:
    return [{"id": str(id), "topic": topic, "text": f"text {id}"} for id in ids]


def notifier(folder: Path, clock: Clock, **sinks: Any) -> Notifier:
    return Notifier(folder, NotifySettings(), sinks, clock=clock)


def test_halts_and_crashes_wait_until_they_are_delivered(tmp_path: Path) -> None:
    folder = tmp_path / "book"
    with paper_books.make(folder, paper_book.config(), PANEL) as daemon:
        daemon.run(until=int(PANEL.time[4]))
        assert outbox.waiting(daemon, {})["messages"] == []
        daemon.command("no_entry")
        daemon.command("halt", reason="drill")
        ((id, body, ts),) = outbox.waiting(daemon, {})["messages"]
        assert (id, ts) == (daemon.journal.head.ord, daemon.book.ts)
        assert json.loads(body) == {"topic": "state.HALTED", "text": "halt: drill"}
        digest = daemon.content_digest()
    spooled = Spool(folder).add("crash", "ended by SIGKILL")
    for _ in range(2):
        with paper_books.reopen(folder, PANEL) as daemon:
            assert Spool(folder).read() == []
            waits = outbox.waiting(daemon, {})["messages"]
            assert [json.loads(body)["topic"] for _, body, _ in waits] == ["state.HALTED", "engine.crash"]
            assert waits[1][0] < 0
            assert daemon.content_digest() == digest
        # As after a crash between the journal and the spool.
        Spool(folder)._write([spooled])
    with paper_books.reopen(folder, PANEL) as daemon:
        ids = [id for id, *_ in outbox.waiting(daemon, {})["messages"]]
        assert outbox.delivered(daemon, {"ids": [*ids, 12_345]}) == {"marked": 2}
        assert outbox.delivered(daemon, {"ids": ids}) == {"marked": 0}
        assert outbox.waiting(daemon, {})["messages"] == []
        assert daemon.content_digest() == digest
        for wrong in ("x", [True], ["1"], [1] * 101, None, [2**63], [-(2**63) - 1]):
            with pytest.raises(LiveError, match="ids: expected"):
                outbox.delivered(daemon, {"ids": wrong})
        assert outbox.delivered(daemon, {"ids": [2**63 - 1, -(2**63)]}) == {"marked": 0}
    assert rebuild(folder) == 0


def test_one_a_minute_of_a_topic_and_thirty_an_hour(tmp_path: Path) -> None:
    clock, sink = Clock(), Kept()
    told = notifier(tmp_path, clock, kept=sink)
    assert told.deliver("b", messages("a", 1)) == {"1"}
    assert told.deliver("b", messages("a", 2, 3, 4)) == set()
    assert told.deliver("b", messages("c", 5)) == {"5"}
    clock.now += 59.0
    assert told.deliver("b", messages("a", 2, 3, 4)) == set()
    clock.now += 2.0
    assert told.deliver("b", messages("a", 2, 3, 4)) == {"2", "3", "4"}
    assert [(one["id"], one["stands_for"]) for one in sink.sent] == [("1", 1), ("5", 1), ("4", 3)]
    for k in range(40):
        told.deliver("b", messages(f"t{k}", 100 + k))
    assert len(sink.sent) == 30
    clock.now += 3_600.0
    assert told.deliver("b", messages("t39", 139)) == {"139"}


def test_limits_hold_over_a_restart_and_a_clock_set_back_does_not_silence(tmp_path: Path) -> None:
    clock, sink = Clock(), Kept()
    notifier(tmp_path, clock, kept=sink).deliver("b", messages("a", 1))
    assert notifier(tmp_path, clock, kept=sink).deliver("b", messages("a", 2)) == set()
    clock.now -= 10_000
    assert notifier(tmp_path, clock, kept=sink).deliver("b", messages("a", 2)) == {"2"}


def test_what_was_sent_is_not_sent_again_by_a_notifier_that_was_killed(tmp_path: Path) -> None:
    clock, sink = Clock(), Kept()
    assert notifier(tmp_path, clock, kept=sink).deliver("b", messages("a", 1, 2)) == {"1", "2"}
    # Killed before the journal heard of it; meanwhile another has come.
    again = notifier(tmp_path, clock, kept=sink)
    assert again.deliver("b", messages("a", 1, 2, 3)) == {"1", "2"}
    assert len(sink.sent) == 1
    again.acknowledged({"1", "2"})
    clock.now += 61
    assert again.deliver("b", messages("a", 3)) == {"3"}
    assert json.loads((tmp_path / STATE).read_text())["sent"] == {"3": ["kept"]}


def test_a_sink_that_refuses_is_tried_again_and_the_other_is_not(tmp_path: Path) -> None:
    clock, good, bad = Clock(), Kept(), Kept(fails=3)
    told = notifier(tmp_path, clock, good=good, bad=bad)
    for pause in (1.0, 2.0, 4.0):
        assert told.deliver("b", messages("a", 1)) == set()
        clock.now += pause - 0.5
        assert told.deliver("b", messages("a", 1)) == set()
        clock.now += 0.5
    assert bad.tried == 3
    assert told.deliver("b", messages("a", 1)) == {"1"}
    assert (len(good.sent), len(bad.sent)) == (1, 1)


def test_a_damaged_memory_is_a_new_one(tmp_path: Path) -> None:
    (tmp_path / STATE).write_text('{"sent": 3, "what": 1}')
    assert notifier(tmp_path, Clock())._memory == Memory()


@pytest.fixture
def server() -> Iterator[tuple[str, list[dict[str, Any]], list[int]]]:
    """A web server: its address, what it got, and the statuses it will answer before it answers 204."""
    got: list[dict[str, Any]] = []
    statuses: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            got.append({"headers": dict(self.headers), "body": body})
            status = statuses.pop(0) if statuses else 204
            self.send_response(status)
            if status == 307:
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}/hook", got, statuses
        http.shutdown()
        thread.join()


def test_a_webhook_gets_one_object_a_key_and_a_token(
    server: tuple[str, list[dict[str, Any]], list[int]],
) -> None:
    url, got, statuses = server
    sink = WebhookSink(Secret(url), Secret(CANARY))
    statuses += [500, 429, 307]
    for status in (500, 429, 307):
        with pytest.raises(RetryableError, match=str(status)):
            sink.send({"id": "b:1", "text": "x"})
    sink.send({"id": "b:1", "text": "x"})
    assert [one["body"] for one in got] == [{"id": "b:1", "text": "x"}] * 4
    assert {one["headers"][KEY_HEADER] for one in got} == {"b:1"}
    assert got[0]["headers"]["Authorization"] == f"Bearer {CANARY}"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", f"nothing://{CANARY}/x", f"http://{CANARY}", CANARY])
def test_an_address_that_does_not_answer_is_no_error_that_tells_it(url: str) -> None:
    with pytest.raises(RetryableError) as told:
        WebhookSink(Secret(url), timeout_s=2.0).send({"id": "1"})
    assert CANARY not in str(told.value)


@pytest.mark.parametrize(
    "reply", [b"\x00\xff no HTTP\r\n\r\n", b"HTTP/1.1 two hundred\r\n\r\n", b"SSH-2.0-x\r\n", b""]
)
def test_a_server_that_speaks_something_else_is_tried_again(reply: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.recv(1 << 16)
                peer.sendall(reply)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(RetryableError, match="webhook"):
            WebhookSink(f"http://127.0.0.1:{listener.getsockname()[1]}/", timeout_s=5.0).send({"id": "1"})
        thread.join()


def test_last_words_leave_the_spool_and_what_fails_stays(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.add("crashes", "too often")
    refuses = notifier(tmp_path, Clock(), bad=Kept(fails=99))
    assert not last_words(refuses, tmp_path, patience_s=0.0)
    assert len(spool.read()) == 1
    sink = Kept()
    assert last_words(notifier(tmp_path, Clock(), kept=sink, bad=Kept()), tmp_path)
    assert (spool.read(), sink.sent[0]["topic"]) == ([], "engine.crashes")


def test_a_spool_survives_bytes_that_are_none_of_its_own(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    kept = spool.add("crash", "one")
    path = tmp_path / "notices.jsonl"
    path.write_bytes(b"\xff[1]\nnull\n" + path.read_bytes() + b"[1, 2")
    assert spool.read() == [kept]


def test_config_keys_are_hot_and_checked() -> None:
    plain = paper_book.config()
    assert plain.cold() == paper_book.config(notify={"sinks": [], "per_hour": 5}).cold()
    for wrong in (
        {"sinks": ["pager"]},
        {"sinks": ["webhook"]},
        {"sinks": ["webhook"], "webhook_url": "http://user:password@host/"},
        {"sinks": ["webhook"], "webhook_url": "ftp://host/"},
        {"sinks": ["webhook"], "webhook_url": "http://host/", "webhook_url_secret": "HOOK"},
        {"per_hour": 0},
    ):
        with pytest.raises(ConfigError, match="notify"):
            paper_book.config(notify=wrong)
    again = PaperConfig.of(json.loads(json.dumps(plain.model_dump(mode="json"))))
    assert again.notify == plain.notify


def test_settings_are_read_where_no_engine_runs(tmp_path: Path) -> None:
    assert NotifySettings.read(tmp_path) == NotifySettings()
    wanted = NotifySettings(sinks=("file", "webhook"), webhook_url="http://host/", per_hour=3)
    wanted.write(tmp_path)
    assert NotifySettings.read(tmp_path) == wanted
    assert set(sinks_of(tmp_path, wanted)) == {"file", "webhook"}
    (tmp_path / NAME).write_text('{"sink": 1}')
    with pytest.raises(ConfigError, match=NAME):
        NotifySettings.read(tmp_path)


def test_secrets_come_from_credentials_first(tmp_path: Path) -> None:
    (tmp_path / "HOOK").write_text("from the file\n")
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path), "HOOK": "from the environment", "OTHER": "another one"}
    assert read_secret("HOOK", environ).reveal() == "from the file"
    assert read_secret("OTHER", environ).reveal() == "another one"
    for name in ("NONE", "../HOOK", "", "A B"):
        with pytest.raises(ConfigError):
            read_secret(name, environ)
    with pytest.raises(ConfigError, match="at least 6"):
        Secret("short")


def test_a_secret_shows_nowhere() -> None:
    hidden = Secret(CANARY)
    shown = [
        repr(hidden),
        str(hidden),
        f"{hidden}",
        f"{hidden!r:>20}",
        f"{hidden:>20}",
        str([hidden]),
        str({1: hidden}),
    ]
    assert not any("canary" in text for text in shown)
    assert hidden == Secret(CANARY)
    assert hidden != Secret("another one")
    with pytest.raises(TypeError):
        pickle.dumps(hidden)
    assert "canary" not in redacted(f"see {CANARY} and {secret.quote(CANARY, safe='')}")


def test_logs_are_json_lines_that_rotate_without_secrets(tmp_path: Path) -> None:
    Secret(CANARY)
    logger = log_to(tmp_path, "engine", size=2_000, kept=2)
    for k in range(100):
        logger.info("bar %d of %s", k, CANARY)
    try:
        raise ValueError(f"no such host: {CANARY}")
    except ValueError:
        logger.exception("failed")
    files = sorted((tmp_path / "log").iterdir())
    assert [path.name for path in files] == ["engine.log", "engine.log.1", "engine.log.2"]
    lines = [line for path in files for line in path.read_text().splitlines()]
    rows = [json.loads(line) for line in lines]
    assert {"t", "level", "who", "pid", "msg"} <= set(rows[0])
    assert any("ValueError" in row.get("error", "") for row in rows)
    assert not any("canary" in line for line in lines)
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert log_to(tmp_path / "nowhere", "engine").handlers != []
    logging.getLogger("quantrl.live.engine").handlers.clear()


def test_the_canary_is_in_no_file_and_no_output_of_a_notifier(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:9/{CANARY}"
    settings = NotifySettings(
        sinks=("file", "webhook"), webhook_url_secret="HOOK", webhook_token_secret="TOKEN", timeout_s=1.0
    )
    settings.write(tmp_path)
    Spool(tmp_path).add("crash", f"somebody wrote {CANARY} into a message")
    code = (
        "import sys; from pathlib import Path; from quantrl.live import notify\n"
        "notify.LAST_S = 0.0; notify.last_words.__defaults__ = (0.0,)\n"
        "folder = Path(sys.argv[1])\n"
        "assert notify.main(folder, last=True) == 1\n"
        "raise RuntimeError(notify.sinks_of(folder, notify.NotifySettings.read(folder))['webhook']._url.reveal())"
    )
    environ = {**os.environ, "HOOK": url, "TOKEN": CANARY}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "RuntimeError" in done.stderr
    said = [done.stdout, done.stderr]
    said += [
        path.read_text() for path in tmp_path.rglob("*") if path.is_file() and path.name != "notices.jsonl"
    ]
    assert any("webhook" in text for text in said)
    assert (tmp_path / "log" / FILE).exists()
    assert [text for text in said if "5f1d" in text] == []


def test_a_file_that_grew_too_long_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quantrl.live.sinks._FILE_LIMIT", 100)
    sink = FileSink(tmp_path)
    for k in range(9):
        sink.send({"id": str(k), "text": "x" * 50})
    assert (tmp_path / "log" / f"{FILE}.1").exists()
    assert json.loads((tmp_path / "log" / FILE).read_text().splitlines()[-1])["id"] == "8"
