"""What durability costs: both sides keep the same bytes, or there is no time."""

from __future__ import annotations

import json

import pytest

from quantrl.cli.bench import live
from quantrl.cli.main import run

SMALL = ["bench", "live", "--size", "small", "--rounds", "2", "--json"]


def test_both_cases_agree_and_give_a_ratio(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(SMALL) == 0
    cases = json.loads(capfd.readouterr().out)["cases"]
    assert [case["id"] for case in cases] == ["D1", "D2"]
    for case in cases:
        assert case["agree"] is True
        assert case["goals"][0]["value"] > 0
        assert len(case["notes"]) == 3


def test_a_peer_that_keeps_other_bytes_gets_no_time(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live._Raw, "prepare", lambda self, events: b"x")
    monkeypatch.setattr(live, "WARM_UPS", 0)
    monkeypatch.setitem(live.GROUPS, "small", 1)
    assert run(SMALL) == 1
    first = json.loads(capfd.readouterr().out)["cases"][0]
    assert (first["agree"], first["ours_ms"], first["peers"]) == (False, None, [])


def test_a_group_has_256_events() -> None:
    assert len(live._group(0)) == 256
    assert len(live._cycle(0)) == 5
