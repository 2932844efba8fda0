"""The ledger of trials: what counts as one, and which lines are refused by number."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from quantrl.errors import RunError
from quantrl.runs import Trial, TrialLedger

TRIAL = Trial("rules/momentum", "prices", "2001..2002", "0" * 8, 3)


def test_a_trial_repeated_is_one_and_a_sweep_counts_its_members(tmp_path: Path) -> None:
    ledger = TrialLedger(tmp_path)
    for _ in range(2):
        assert ledger.count(data_id="prices") == 0
        ledger.path.touch()
    ledger.append([TRIAL, TRIAL])
    ledger.append([Trial("sweep", "prices", "2001..2002", "1" * 8, 3, count=143)])
    ledger.append([Trial("rules/momentum", "others", "2001..2002", "0" * 8, 3)])
    assert ledger.count(data_id="prices") == 144
    assert ledger.count(data_id="prices", family="rules/momentum") == 1


@pytest.mark.parametrize(
    "change",
    [
        {"count": -5},
        {"count": "x"},
        {"count": True},
        {"seed": [0]},
        {"seed": 1.5},
        {"fold": None},
        {"family": 3},
        {"status": None},
        {"sharpe": "high"},
        {"more": 1},
    ],
)
def test_a_line_of_another_kind_is_refused_by_number(tmp_path: Path, change: dict[str, Any]) -> None:
    ledger = TrialLedger(tmp_path)
    ledger.append([TRIAL])
    with ledger.path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({**asdict(TRIAL), **change}) + "\n")
    with pytest.raises(RunError, match=r"trials.jsonl: line 2 is damaged"):
        ledger.count(data_id="prices")


def test_bytes_that_are_no_text_are_refused_by_number(tmp_path: Path) -> None:
    ledger = TrialLedger(tmp_path)
    ledger.append([TRIAL])
    with ledger.path.open("ab") as file:
        file.write(b"\xff\xfe\n")
    with pytest.raises(RunError, match=r"trials.jsonl: line 2 is damaged"):
        ledger.read()


def test_a_name_with_a_line_separator_is_one_line(tmp_path: Path) -> None:
    ledger = TrialLedger(tmp_path)
    odd = Trial("a\u2028b\x85c", "prices", "2001..2002", "0" * 8, 3)
    ledger.append([odd])
    assert ledger.read() == [odd]


def test_a_line_after_a_torn_one_is_a_line_of_its_own(tmp_path: Path) -> None:
    """What was torn is said to be line 2; what came after it is not lost with it."""
    ledger = TrialLedger(tmp_path)
    ledger.append([TRIAL])
    whole = ledger.path.read_bytes()
    ledger.path.write_bytes(whole + whole[:20])
    ledger.append([TRIAL])
    with pytest.raises(RunError, match="line 2 is damaged"):
        ledger.read()
    lines = ledger.path.read_bytes().split(b"\n")
    ledger.path.write_bytes(b"\n".join([lines[0], *lines[2:]]))
    assert ledger.read() == [TRIAL, TRIAL]
