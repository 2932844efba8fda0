"""Five caps on three levels over whole contests: partial, said everywhere, and the same stop at any speed."""

from __future__ import annotations

import io
import itertools
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contest.gates.kept import keep
from contest.small_contest import config, run, talking
from counts import FULL, full_or
from quantrl.contest import ContestRun

DOUBLE = {"provider": "scripted", "model": "double", "mode": "off"}
PRICES = """
as_of = 2030-01-01
[[price]]
provider = "scripted"
model = "double"
input = 1.0
output = 2.0
"""
CAPS: dict[str, dict[str, float]] = {
    "usd": {"run": 0.12, "day": 0.06, "agent": 0.015},
    "input_tokens": {"run": 120_000, "day": 60_000, "agent": 15_000},
    "output_tokens": {"run": 20_000, "day": 12_000, "agent": 4_000},
    "calls": {"run": 60, "day": 30, "agent": 5},
    "seconds": {"run": 0.0, "day": 0.0, "agent": 0.0},
}
SCOPES = ("run", "day", "agent")
ALL = list(itertools.product(CAPS, SCOPES))
CASES = ALL if FULL else [(name, SCOPES[i % 3]) for i, name in enumerate(CAPS)]
SPEEDS = (full_or(1, 0) and (1, 4, 8)) or (1, 8)
counted: dict[str, int] = {"cases": 0, "runs": 0, "caps passed": 0, "stops that differ": 0}


@pytest.fixture(scope="module", autouse=True)
def _kept() -> Iterator[None]:
    yield
    keep("budgets", "five caps on three levels, concurrency 1, 4, 8", counted)


def capped(quick: Path, name: str, scope: str, speed: int) -> ContestRun:
    prices = quick / "prices.toml"
    prices.write_text(PRICES)
    made = config(
        full_or(3, 2),
        llm={**DOUBLE, "concurrency": speed, "prices": str(prices)},
        budget={scope: {name: CAPS[name][scope]}},
        data_agents=[{"id": one, "sources": [one]} for one in ("courier", "ledger", "gazette")],
    )
    out = quick / f"speed{speed}"
    shutil.rmtree(out, ignore_errors=True)
    return run(out, made, llms={"scripted": talking()})


@pytest.mark.parametrize(("name", "scope"), CASES)
def test_a_cap_holds(quick: Path, name: str, scope: str) -> None:
    runs = [capped(quick, name, scope, speed) for speed in (SPEEDS if name != "seconds" else SPEEDS[-1:])]
    counted["cases"] += 1
    counted["runs"] += len(runs)
    for one in runs:
        summary = one.summary
        assert one.status == "partial"
        assert {(cut[4], cut[5]) for cut in summary["cuts"]} >= {(scope, name)}
        if scope == "run":
            spend = summary["spend"][name]
            counted["caps passed"] += spend["used"] > spend["cap"]
        counted["stops that differ"] += (
            one.digest() != runs[0].digest() or summary["cuts"] != runs[0].summary["cuts"]
        )
        _never_passed(one, name, scope)
    assert counted["caps passed"] == counted["stops that differ"] == 0
    _said_everywhere(runs[-1])


def _never_passed(one: ContestRun, name: str, scope: str) -> None:
    """From the calls themselves: per day and agent, what was used is within the cap."""
    if name in ("usd", "seconds"):
        return
    lines = [json.loads(line) for line in (one.folder / "calls.jsonl").read_text().splitlines()]
    used: dict[Any, int] = {}
    for line in lines:
        key = {"run": "run", "day": line["day"], "agent": (line["day"], line["agent"])}[scope]
        used[key] = used.get(key, 0) + (1 if name == "calls" else line[name])
    counted["caps passed"] += sum(value > CAPS[name][scope] for value in used.values())


def _said_everywhere(one: ContestRun) -> None:
    pytest.importorskip("plotly")
    from rich.console import Console

    from quantrl.contest.report import terminal

    made = [path for path in one.report(html=True) if path.suffix in (".json", ".md", ".html")]
    assert len(made) == 3
    written = {path.suffix: path.read_text() for path in made}
    console = Console(width=160, record=True, file=io.StringIO())
    for part in terminal(json.loads(written[".json"])):
        console.print(part)
    for where, text in {**written, "terminal": console.export_text()}.items():
        assert "partial" in text.lower(), where
