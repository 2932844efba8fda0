"""A report.json that lacks something is refused with one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quantrl.errors import DataError
from quantrl.report import leaderboard_table, text

CASES: list[tuple[Callable[[dict[str, Any]], Any], str]] = [
    (lambda r: r.pop("books"), r"report\.json: books: field required"),
    (lambda r: r.update(books=[]), "books: list should have at least 1 item"),
    (lambda r: r.update(schema=2), "schema: input should be 1, got 2"),
    (
        lambda r: r.update(kind="survey"),
        "kind: input should be 'contest', 'backtest' or 'paper', got 'survey'",
    ),
    (lambda r: r["data"].update(bars="many"), "data/bars: input should be a valid integer, got 'many'"),
    (
        lambda r: r["leaderboard"][2]["sharpe"].update(value="high"),
        "leaderboard/2/sharpe/value: input should be a valid number, got 'high'",
    ),
]


@pytest.mark.parametrize(("change", "message"), CASES)
def test_the_key_is_named(
    change: Callable[[dict[str, Any]], Any], message: str, contest_run: Path, tmp_path: Path
) -> None:
    report = json.loads((contest_run / "report.json").read_text())
    change(report)
    (tmp_path / "report.json").write_text(json.dumps(report))
    with pytest.raises(DataError, match=message) as caught:
        text(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["{", "[]", "null", '{"schema": NaN}', "[" * 100_000, "\udcff"])
def test_what_is_not_a_report_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(DataError, match=r"report\.json"):
        text(tmp_path)


def test_unknown_keys_are_left_alone(contest_run: Path) -> None:
    report = json.loads((contest_run / "report.json").read_text())
    report["later"] = report["leaderboard"][0]["later"] = {"x": 1}
    assert leaderboard_table(report).row_count == 28
