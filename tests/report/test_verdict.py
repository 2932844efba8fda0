"""The paragraph in words says what the numbers say, and no more."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from quantrl.report import text
from report.fake_run import write_fake_run

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def told(contest_run: Path, tmp_path: Path) -> Callable[[Change], str]:
    """The text of the contest after a change to its report."""

    def tell(change: Change) -> str:
        report = json.loads((contest_run / "report.json").read_text())
        change(report)
        (tmp_path / "report.json").write_text(json.dumps(report))
        return " ".join(text(tmp_path).split())

    return tell


def sharpe(low: float, high: float) -> Change:
    def change(report: dict[str, Any]) -> None:
        report["books"][0]["measures"]["sharpe"] |= {"low": low, "high": high}

    return change


def gap(value: float, low: float, high: float) -> Change:
    def change(report: dict[str, Any]) -> None:
        report["books"][1]["sharpe_minus_contest"] = {"value": value, "low": low, "high": high}

    return change


def test_it_names_who_is_trusted_with_what(told: Callable[[Change], str]) -> None:
    words = told(lambda report: None)
    assert "the contest trusts 4 of 28 agents with capital: " in words
    assert "(25%) and " in words
    assert "truly among the best is put at 62% to 98%" in words


def test_an_interval_with_zero_is_said_to_include_zero(told: Callable[[Change], str]) -> None:
    words = "That interval includes zero: this history does not show that it earns anything."
    assert words in told(sharpe(-0.1, 0.9))
    assert words not in told(sharpe(0.1, 0.9))


def test_the_lead_over_equal_weight_is_read_with_its_interval(told: Callable[[Change], str]) -> None:
    assert "equally is 0.11 (−0.08 to 0.32): the interval includes zero" in told(lambda report: None)
    assert (
        "equally is 0.30 (0.10 to 0.50): the interval lies above zero, so in this run the ranking helped"
        in told(gap(-0.3, -0.5, -0.1))
    )
    assert "equally is −0.30 (−0.50 to −0.10): the interval lies below zero; in this run trusting all" in (
        told(gap(0.3, 0.1, 0.5))
    )


def test_an_end_that_would_round_to_zero_shows_its_sign(told: Callable[[Change], str]) -> None:
    words = told(gap(0.12, 0.004, 0.24))
    assert "equally is −0.120 (−0.240 to −0.004): the interval lies below zero" in words


def test_no_agent_at_all(told: Callable[[Change], str]) -> None:
    def change(report: dict[str, Any]) -> None:
        for row in report["leaderboard"]:
            row["capital"] = 0.0

    assert "trusts no agent: all capital is in cash." in told(change)


def test_cash_and_doubt_are_said(told: Callable[[Change], str]) -> None:
    def change(report: dict[str, Any]) -> None:
        for row in report["leaderboard"][1:]:
            row["capital"] = 0.0
        report["leaderboard"][0]["sharpe"]["low"] = -0.2

    words = told(change)
    assert "1 of 28 agents" in words
    assert "; 75% is not assigned." in words
    assert "None of them has a Sharpe ratio whose 95% interval lies above zero." in words


def test_an_interrupted_or_unmeasured_run_says_so(told: Callable[[Change], str]) -> None:
    def change(report: dict[str, Any]) -> None:
        report["status"] = "interrupted"
        report["books"][0]["measures"]["sharpe"] = {
            "value": None,
            "reason": "too_short",
            "low": None,
            "high": None,
        }

    words = told(change)
    assert "This run is interrupted: its data go on to 2021-11-11, everything below ends earlier." in words
    assert "too little to measure" in words


def test_an_interrupted_run_ends_with_its_last_bar(tmp_path: Path) -> None:
    folder = write_fake_run(tmp_path / "run", n_bars=400, n_agents=4)
    pl.read_parquet(folder / "equity.parquet").head(300).write_parquet(folder / "equity.parquet")
    words = " ".join(text(folder).split())
    assert "On 1991-02-25 the contest trusts" in words
    assert "From 1990-01-02 to 1991-02-25, after costs" in words


def test_words_that_claim_skill_are_not_used(told: Callable[[Change], str]) -> None:
    words = told(gap(-0.3, -0.5, -0.1)).lower()
    assert not [word for word in ("winner", "skill", "beats", "outperform") if word in words]
