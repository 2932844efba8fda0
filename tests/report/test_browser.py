"""In a real browser: charts are drawn, nothing is asked of a network, nothing is complained about."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome on PATH"
)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--virtual-time-budget=8000",
    "--dump-dom",
]


@dataclass(frozen=True)
class Visit:
    """What a browser made of a page: the document after its scripts, console lines, requests of the page."""

    dom: str
    console: list[str]
    requests: list[str]


def visit(page: Path, scratch: Path) -> Visit:
    log = scratch / "net.json"
    command = [
        str(CHROMIUM),
        *FLAGS,
        f"--user-data-dir={scratch / 'profile'}",
        f"--log-net-log={log}",
        page.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    console = [line for line in done.stderr.splitlines() if ":CONSOLE:" in line]
    events = [event.get("params", {}) for event in json.loads(log.read_text())["events"]]
    # The browser's own requests have the initiator "not an origin".
    mine = [p["url"] for p in events if "url" in p and p.get("initiator", "not an origin") != "not an origin"]
    return Visit(
        done.stdout, console, [url for url in mine if not url.startswith(("file:", "data:", "blob:"))]
    )


def test_a_contest_page_draws_its_charts_in_silence(contest_run: Path, tmp_path: Path) -> None:
    seen = visit(contest_run / "report.html", tmp_path)
    assert seen.console == []
    assert seen.requests == []
    for name in ("equity", "capital", "costs", "rolling"):
        assert re.search(rf'id="chart-{name}"[^>]*class="chart js-plotly-plot"', seen.dom), name
    assert seen.dom.count('class="scatterlayer') >= 3
    assert "28 agents" in seen.dom


def test_hostile_names_are_inert(hostile_run: Path, tmp_path: Path) -> None:
    seen = visit(hostile_run / "report.html", tmp_path)
    assert seen.console == []
    assert seen.requests == []
    assert "<title>us20_contest: contest report</title>" in seen.dom
    assert "evil.example" in seen.dom
    assert not re.search(r"<a [^>]*evil\.example", seen.dom)


def test_the_watch_sees_a_request_and_a_complaint(tmp_path: Path) -> None:
    page = tmp_path / "loud.html"
    page.write_text('<img src="http://example.invalid/x.png"><script>console.error("loud")</script>')
    seen = visit(page, tmp_path)
    assert seen.requests == ["http://example.invalid/x.png"]
    assert len(seen.console) == 1
