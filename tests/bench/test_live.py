"""What the daemon costs: both sides do the same, or there is no time."""

from __future__ import annotations

import json

import pytest

from quantrl.cli.bench import live
from quantrl.cli.bench.live_rows import clients, durable, grouped, replayed
from quantrl.cli.bench.rate import run_rate_case
from quantrl.cli.main import run

SMALL = ["bench", "live", "--size", "small", "--rounds", "1", "--json"]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable, "WARM_UPS", 0)
    monkeypatch.setitem(durable.GROUPS, "small", 1)


def test_every_case_agrees_and_gives_a_ratio(capfd: pytest.CaptureFixture[str], quick: None) -> None:
    assert run(SMALL) == 0
    cases = {case["id"]: case for case in json.loads(capfd.readouterr().out)["cases"]}
    assert sorted(cases) == ["D1", "D2", "D3", "D4", "D5", "D6", "D7"]
    for name in ("D1", "D2", "D3", "D4", "D5"):
        assert cases[name]["agree"] is True
    for case in cases.values():
        assert all(goal["value"] > 0 for goal in case["goals"])
    assert any("16 are let in" in note for note in cases["D7"]["notes"])


def test_a_peer_that_keeps_other_bytes_gets_no_time(
    capfd: pytest.CaptureFixture[str], quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durable._Raw, "prepare", lambda self, events: b"x")
    monkeypatch.setattr(live, "measure", durable.results)
    assert run(SMALL) == 1
    first = json.loads(capfd.readouterr().out)["cases"][0]
    assert (first["agree"], first["ours_ms"], first["peers"]) == (False, None, [])


def test_a_replay_that_fills_otherwise_gets_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    limit = replayed.actions.limit
    with replayed.case("small") as case:
        monkeypatch.setattr(
            replayed.actions, "limit", lambda side, px, lots, **rest: limit(side, px, 1, **rest)
        )
        found = run_rate_case(case, 1)
    assert found.disagreements
    assert found.timings == {}


def test_the_ratio_of_groups_is_aimed_for_where_a_sync_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouped._Runs, "digest", lambda self, name: None)
    for sync, goals in ((2e-3, 2), (1e-4, 1)):
        monkeypatch.setattr(grouped, "sync_s", lambda sync=sync: sync)
        with grouped.case("small") as case:
            assert len(case.goals) == goals


def test_a_group_has_256_events() -> None:
    assert len(durable.group_of(0)) == 256
    assert len(durable._cycle(0)) == 5


def test_clients_are_a_program_of_the_standard_library() -> None:
    used = {name for name, one in vars(clients).items() if type(one).__name__ == "module"}
    assert used == {"select", "socket", "sys"}
