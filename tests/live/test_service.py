"""What systemd is told, and the unit that is given to it."""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from quantrl.live.service import Service

UNIT = Path(__file__).parents[2] / "docs" / "deploy" / "quantrl-paper.service"


def sections() -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for line in UNIT.read_text().splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), defaultdict(list))
        elif line and not line.startswith("#"):
            name, equals, value = line.partition("=")
            assert equals, line
            section[name].append(value)
    return found


def test_the_unit_says_what_a_book_needs() -> None:
    unit = sections()
    assert set(unit) == {"Unit", "Service", "Install"}
    service = unit["Service"]
    for name, value in {
        "Type": "notify",
        "WatchdogSec": "10",
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "StateDirectory": "quantrl-paper",
        "PrivateTmp": "yes",
        "Restart": "on-abnormal",
        "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6",
    }.items():
        assert service[name] == [value]
    assert service["MemoryMax"]
    assert [line.partition(":")[0] for line in service["LoadCredential"]] == ["webhook_url", "webhook_token"]
    # Longer than a supervisor gives its engine, or systemd would cut the snapshot off.
    assert int(service["TimeoutStopSec"][0]) > 10


def test_its_command_line_is_one_of_ours() -> None:
    from typer.main import get_command

    from quantrl.cli.main import app

    (line,) = sections()["Service"]["ExecStart"]
    _, paper, start, *words = shlex.split(line)
    group: Any = get_command(app)
    found = group.commands[paper].commands[start].make_context(start, words)
    assert (str(found.params["folder"]), found.params["speed"]) == ("/var/lib/quantrl-paper/book", "1")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_reads_it(tmp_path: Path) -> None:
    # What it names need not be on this machine: the command is another, and the user is the one that runs this.
    (line,) = sections()["Service"]["ExecStart"]
    text = UNIT.read_text().replace(line, "/bin/true").replace("User=quantrl", "User=root")
    (tmp_path / UNIT.name).write_text(text.replace("Group=quantrl", "Group=root"))
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / UNIT.name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    about = [line for line in done.stderr.splitlines() if UNIT.name in line]
    assert about == []


def test_nothing_is_said_without_a_socket_or_to_one_that_is_gone(tmp_path: Path) -> None:
    Service({}).ready()
    Service({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()


def test_a_watchdog_of_another_process_is_not_ours(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(f"\0quantrl-test-{os.getpid()}")
        systemd.setblocking(False)
        environ = {"NOTIFY_SOCKET": f"@quantrl-test-{os.getpid()}", "WATCHDOG_USEC": "1000000"}
        Service({**environ, "WATCHDOG_PID": "1"}).alive(100.0)
        with pytest.raises(BlockingIOError):
            systemd.recv(100)
        ours = Service({**environ, "WATCHDOG_PID": str(os.getpid())})
        for now in (100.0, 100.4, 100.5):
            ours.alive(now)
        ours.status("two\nlines")
        ours.status("two\nlines")
        assert [systemd.recv(100) for _ in range(3)] == [b"WATCHDOG=1", b"WATCHDOG=1", b"STATUS=two lines"]
        with pytest.raises(BlockingIOError):
            systemd.recv(100)
