"""Kill -9 of a daemon on an event feed: the same content as of one never killed, whatever rested when it died."""

from __future__ import annotations

import pytest

from counts import FULL
from live.gates.kept import keep
from live.gates.kills import Found, Options, kill_loop

FEEDS = {"an event feed": ("TICKS", "tick_kill"), "a simulated feed": ("MADE", "made_kill")}
SABOTAGE = {
    "early": "told before the commit",
    "forgetful": "recovery leaves out the last input",
    "counting": "answers asked for again",
}


def killed(points: int, seed: int, sabotage: str = "", workload: str = "TICKS") -> Found:
    options = Options(f"live.gates.ticks:{workload}", points, seed, sabotage, 40)
    return kill_loop(options, timeout_s=20_000.0)


@pytest.mark.parametrize("feed", FEEDS)
def test_a_killed_tick_book_ends_as_one_never_killed(feed: str) -> None:
    workload, gate = FEEDS[feed]
    points = 250 if FULL else 3 if workload == "TICKS" else 2
    found = killed(points, seed=30, workload=workload)
    counts: dict[str, object] = {
        "points": found.points,
        "kills": found.kills,
        "while it recovers or soon after": found.again,
        "changes of the disk in one run": found.changes,
        "other digests": found.other_digests,
        "lost acknowledged": found.lost_acknowledged,
        "problems": len(found.problems),
    }
    keep(gate, f"Kill -9, daemon on {feed}", counts, seeds="30")
    assert found.problems == []
    assert (found.points, found.other_digests, found.lost_acknowledged) == (points, 0, 0)
    assert found.kills >= points


@pytest.mark.skipif(not FULL, reason="each sabotage costs as much as the gate")
@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize("sabotage", SABOTAGE)
def test_a_tick_book_that_cheats_is_caught(feed: str, sabotage: str) -> None:
    workload, gate = FEEDS[feed]
    found = killed(40, 31, sabotage, workload)
    title = f"Kill -9, daemon on {feed}, sabotage: {SABOTAGE[sabotage]}"
    keep(f"{gate}_{sabotage}", title, {"points": found.points, "bad": found.bad}, seeds="31")
    assert found.bad > 0
