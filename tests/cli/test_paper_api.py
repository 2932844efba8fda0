"""``quantrl paper start --api``: a dashboard beside the book, and its end with it."""

from __future__ import annotations

import errno
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.paper_process import left, started
from cli.test_paper import BARS, write_config
from live import tick_books
from quantrl import toml
from quantrl.cli import exits
from quantrl.cli.console import Output
from quantrl.cli.paper.serving import Dashboard
from quantrl.live.api.settings import Settings
from quantrl.live.api.tokens import NAME, Tokens
from quantrl.live.api_process import ApiProcess, listening
from quantrl.live.storage import Storage

PATIENCE_S = 60.0


def words(process: subprocess.Popen[str], *patterns: str) -> list[str]:
    """What the first lines say, one group for each pattern in turn."""
    found = []
    assert process.stdout is not None
    for pattern in patterns:
        while (match := re.search(pattern, line := process.stdout.readline())) is None:
            assert line, process.communicate()
        found.append(match.group(1))
    return found


def answered(url: str) -> httpx.Response:
    """The first answer of a server that is starting."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            return httpx.get(f"{url}healthz", timeout=PATIENCE_S)
        except httpx.HTTPError:
            assert time.monotonic() < end
            time.sleep(0.1)


def gone(url: str) -> bool:
    """Whether nobody listens there any more, soon."""
    port = int(url.rsplit(":", 1)[1].strip("/"))
    end = time.monotonic() + 15
    while time.monotonic() < end:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)):
                return True
        time.sleep(0.05)
    return False


def state_of(url: str, token: str, bar: int) -> dict[str, Any]:
    """The book as the API tells it, once so many bars are taken."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        answer = httpx.get(f"{url}api/state", headers={"Authorization": f"Bearer {token}"}, timeout=20)
        if answer.status_code == 200 and answer.json()["bar"] >= bar:
            told: dict[str, Any] = answer.json()
            return told
        time.sleep(0.1)
    raise AssertionError(f"bar {bar} was not told")


def test_a_dashboard_lives_and_ends_with_its_book(cli: Any, tmp_path: Path) -> None:
    folder, config = tmp_path / "book", write_config(tmp_path / "small.toml")
    with started(folder, "--config", config, "--api", "--port", "0") as process:
        url, token = words(process, r"dashboard: (http://127\.0\.0\.1:\d+/)$", r"token: +(\S{43})$")
        assert answered(url).json()["ok"] is True
        told = state_of(url, token, BARS)
        assert (told["name"], told["engine"]["connected"]) == ("small", True)
        halt = {"verb": "halt", "args": {"reason": "drill"}, "nonce": "n1"}
        own = {"Authorization": f"Bearer {token}"}
        assert (
            httpx.post(f"{url}api/commands", json=halt, headers=own, timeout=20).json()["state"] == "HALTED"
        )
        assert cli("paper", "status", folder).code == exits.HALTED
        assert cli("paper", "stop", folder).code == exits.DONE
        code, _, err = left(process)
        assert (code, err) == (0, "")
        assert gone(url)
    assert token not in (folder / NAME).read_text()
    assert token.encode() not in (folder / "log" / "api.log").read_bytes()
    with started(folder, "--api", "--port", "0") as process:
        (again,) = words(process, r"dashboard: (\S+)")
        assert state_of(again, token, BARS)["state"] == "HALTED"
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert gone(again)


def test_a_section_of_the_config_opens_it_and_later_starts_remember(cli: Any, tmp_path: Path) -> None:
    folder, config = tmp_path / "book", write_config(tmp_path / "small.toml")
    config.write_text(f"{config.read_text()}\n[api]\nenabled = true\nport = 0\n")
    for options in (("--config", config), ()):
        with started(folder, *options) as process:
            (url,) = words(process, r"dashboard: (http://127\.0\.0\.1:\d+/)$")
            assert answered(url).json()["ok"] is True
            assert cli("paper", "stop", folder).code == exits.DONE
            assert left(process)[0] == 0
    config.write_text(config.read_text().replace("port = 0", 'port = "0"'))
    refused = cli("paper", "start", tmp_path / "other", "--config", config)
    assert refused.code == exits.USAGE
    assert "api.port: expected a whole number" in refused.error


def test_a_book_on_events_has_a_dashboard(cli: Any, tmp_path: Path) -> None:
    folder, config = tmp_path / "book", tmp_path / "ticks.toml"
    raw = tick_books.synthetic(venue=tick_books.RESTS).model_dump(mode="json", exclude_none=True)
    config.write_text(toml.dump(raw))
    with started(folder, "--config", config, "--api", "--port", "0") as process:
        url, token = words(process, r"dashboard: (http://127\.0\.0\.1:\d+/)$", r"token: +(\S{43})$")
        assert state_of(url, token, 100)["kind"] == "synthetic"
        own = {"Authorization": f"Bearer {token}"}
        told = httpx.get(f"{url}api/book/AA", headers=own, timeout=20).json()
        assert told["ladder"]["bids"]
        assert told["ladder"]["asks"]
        assert cli("paper", "stop", folder).code == exits.DONE
        assert left(process)[0] == 0


def test_a_taken_port_and_unsafe_options_write_nothing(cli: Any, tmp_path: Path) -> None:
    folder, config = tmp_path / "book", write_config(tmp_path / "small.toml")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = str(other.getsockname()[1])
        for options, said in (
            (("--api", "--port", taken), "name another by --port"),
            (("--api", "--host", "0.0.0.0"), "--allow-remote"),
            (("--api", "--host", "0.0.0.0", "--allow-remote"), "--behind-proxy"),
            (("--api", "--host", "example.com"), "an IP address"),
            (("--api", "--tls-cert", os.devnull), "both or none"),
            (("--port", "8600"), "--api"),
            (("--host", "127.0.0.1"), "--api"),
            (("--allow-remote",), "--api"),
            (("--allow-host", "desk.example"), "--api"),
            (("--behind-proxy",), "--api"),
            (("--tls-cert", os.devnull), "--api"),
            (("--tls-key", os.devnull), "--api"),
        ):
            refused = cli("paper", "start", folder, "--config", config, *options)
            assert refused.code == exits.USAGE, options
            assert said in refused.error
            assert not folder.exists()


def test_a_folder_whose_tokens_cannot_be_read_is_refused(cli: Any, tmp_path: Path) -> None:
    folder, config = tmp_path / "book", write_config(tmp_path / "small.toml")
    folder.mkdir(mode=0o700)
    (folder / NAME).write_text("no tokens")
    refused = cli("paper", "start", folder, "--config", config, "--api", "--port", "0", "--exit-at-end")
    assert refused.code == exits.USAGE
    assert "remove it to have a new one made" in refused.error
    assert os.listdir(folder) == [NAME]


@pytest.mark.parametrize("missing", ["fastapi", "uvicorn", "prometheus_client"])
def test_missing_packages_are_named(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    from quantrl.live import api_process

    found = api_process.find_spec
    monkeypatch.setattr(api_process, "find_spec", lambda name: None if name == missing else found(name))
    refused = cli("paper", "start", tmp_path / "book", "--demo")
    assert refused.code == exits.USAGE
    assert f"{missing}, which come with the extra live" in refused.error
    assert not (tmp_path / "book").exists()


def test_a_token_is_told_by_the_first_start_that_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    starts = iter([OSError(errno.EAGAIN, "no more processes"), None, None])

    def start(self: ApiProcess) -> None:
        error = next(starts)
        if error is not None:
            raise error

    monkeypatch.setattr(ApiProcess, "start", start)
    dashboard = Dashboard(tmp_path, listening(Settings(port=0)), Output(False))
    with pytest.raises(OSError, match="no more processes"):
        dashboard.start()
    assert capsys.readouterr().out == ""
    dashboard.start()
    token = re.search(r"^token: +(\S+)$", capsys.readouterr().out, re.MULTILINE)
    assert token is not None
    assert Tokens(Storage(tmp_path)).scope_of(token.group(1)) is not None
    dashboard.start()
    assert capsys.readouterr().out == ""
    dashboard.close()
