"""Plain text and terminal tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from quantrl.report import books_table, leaderboard_table, text


@pytest.fixture(scope="module")
def report(contest_run: Path) -> dict[str, Any]:
    return json.loads((contest_run / "report.json").read_text())


def printed(table: object, width: int) -> str:
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def test_text_holds_every_book_and_every_agent(contest_run: Path, report: dict[str, Any]) -> None:
    words = text(contest_run)
    assert max(map(len, words.splitlines())) <= 150
    for name in [book["label"] for book in report["books"]] + [row["agent"] for row in report["leaderboard"]]:
        assert name in words
    for value in (
        report["data"]["id"],
        report["command"],
        "0 breaches",
        "Warning: 12 orders",
        "10 bp a side",
    ):
        assert value in words


def test_text_needs_no_frames(contest_run: Path, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_bytes((contest_run / "report.json").read_bytes())
    assert text(tmp_path) == text(contest_run)


def test_a_backtest_has_no_leaderboard(backtest_run: Path) -> None:
    words = text(backtest_run)
    assert "Results" in words
    assert "Leaderboard" not in words


def test_the_leaderboard_is_in_order_of_place(report: dict[str, Any]) -> None:
    shuffled = {**report, "leaderboard": report["leaderboard"][::-1]}
    assert printed(leaderboard_table(shuffled), 200) == printed(leaderboard_table(report), 200)
    column = list(leaderboard_table(shuffled).columns[0].cells)
    assert [str(cell) for cell in column] == [str(place) for place in range(1, 29)]


@pytest.mark.parametrize("width", [80, 100, 120, 160])
def test_tables_fit_the_terminal_and_keep_what_matters(width: int, report: dict[str, Any]) -> None:
    board, books = leaderboard_table(report, width=width), books_table(report, width=width)
    assert {"Agent", "State", "Capital\n%", "Sharpe\n95% interval"} <= {
        column.header for column in board.columns
    }
    for table in (board, books):
        lines = printed(table, width).splitlines()
        assert max(map(len, lines)) <= width
        assert "…" not in "".join(lines)
    assert "0.67 (0.33 to 1.01)" in printed(board, width)


def test_everything_is_shown_without_a_width(report: dict[str, Any]) -> None:
    assert len(leaderboard_table(report).columns) == 12
    assert len(books_table(report).columns) == 8
