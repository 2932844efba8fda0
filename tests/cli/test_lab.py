"""``quantrl lab``: what it prints, what it refuses, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from quantrl.cli.exits import CHECK_FAILED, USAGE
from quantrl.cli.main import run
from quantrl.selection import lab

QUICK = ["lab", "table", "--pools", "P0,P1", "--selectors", "default; EqualWeight", "--seeds", "3"]


def test_a_table_for_people_and_one_for_programs(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(QUICK) == 0
    text = capfd.readouterr().out
    for word in ("net Sharpe ratio, 3 pools each, seed 11", "standard errors", "P1 tau", "cannot be had"):
        assert word in text
    assert run([*QUICK, "--json", "--threads", "1"]) == 0
    said = json.loads(capfd.readouterr().out)
    made = lab.table(["P0", "P1"], ["default", "EqualWeight"], seeds=3)
    shown = {(cell["rule"], cell["pool"]): cell["sharpe"] for cell in said["cells"]}
    assert shown == {key: cell.sharpe for key, cell in made.cells.items()}
    assert len(said["differences"]) == 4


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["table", "--pools", "P9"], "unknown 'P9'"),
        (["table", "--selectors", "luck"], "unknown 'luck'"),
        (["null", "--runs", "3"], "--runs"),
    ],
)
def test_what_is_refused(words: list[str], message: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["lab", *words]) == USAGE
    assert message in capfd.readouterr().err


def test_checks_and_their_exit_code(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from quantrl.selection.lab import _checks

    def broken(pools: lab.Pools, threads: int) -> lab.Check:
        return lab.Check("broken", False, "it broke", {"share": 1.0})

    monkeypatch.setattr(_checks, "CHECKS", (_checks.label, broken))
    assert run(["lab", "check", "--seeds", "2", "--json"]) == CHECK_FAILED
    said = json.loads(capfd.readouterr().out)
    assert [(one["name"], one["passed"]) for one in said["checks"]] == [("label", True), ("broken", False)]


def test_null_rates(capfd: pytest.CaptureFixture[str]) -> None:
    code = run(["lab", "null", "--runs", "10", "--draws", "99", "--json"])
    said = json.loads(capfd.readouterr().out)
    assert code == (0 if all(row["passed"] for row in said["rates"]) else CHECK_FAILED)
    assert {row["days"] for row in said["rates"]} == {252, 504}


def test_a_page(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "page.md"
    words = ["lab", "page", "--seeds", "2", "--many", "2", "--runs", "10", "--out", str(out)]
    assert run(words) == 0
    text = out.read_text(encoding="utf-8")
    for heading in ("## Net Sharpe ratio, seed 777", "## Where the default does not win", "## Loud checks"):
        assert heading in text
