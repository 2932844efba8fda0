"""Kill -9 of a whole daemon at any change of its disk: the same content as of a run that was never killed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from counts import FULL
from live.gates.kept import keep
from live.gates.kills import PLACES, Found, Options, kill_loop

WORKLOAD = "live.gates.book:BOOK"
EDGES = 40
SABOTAGE = {
    "early": "told before the commit",
    "forgetful": "recovery leaves out the last bar",
    "apart": "outputs committed after their input",
    "counting": "answers asked for again",
}


def killed(points: int, seed: int, sabotage: str = "") -> Found:
    """Half of the points in each of two processes."""
    halves = [
        Options(WORKLOAD, points - points // 2, 10 * seed, sabotage, EDGES),
        Options(WORKLOAD, points // 2, 10 * seed + 1, sabotage, EDGES),
    ]
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda half: kill_loop(half, timeout_s=10_000.0), halves)
    return first.joined(second)


def test_a_killed_daemon_ends_as_one_never_killed() -> None:
    points = 1_000 if FULL else 24
    found = killed(points, seed=1)
    counts: dict[str, object] = {
        "points": found.points,
        "kills": found.kills,
        "while it recovers or soon after": found.again,
        "changes of the disk in one run": found.changes,
        "other digests": found.other_digests,
        "lost acknowledged": found.lost_acknowledged,
        "problems": len(found.problems),
    }
    at = {f"kills at {place}": found.where.get(place, 0) for place in PLACES}
    keep("book_kill", "Kill -9, daemon", {**counts, **at}, seeds="10, 11")
    assert found.problems == []
    assert (found.points, found.other_digests, found.lost_acknowledged) == (points, 0, 0)
    assert found.kills >= points
    assert found.again > 0
    # Few kills need not meet one of the few snapshots.
    assert found.where.get("a snapshot", 0) > 0 or not FULL


@pytest.mark.parametrize("sabotage", SABOTAGE)
def test_a_daemon_that_cheats_is_caught(sabotage: str) -> None:
    points = 100 if FULL else 6
    found = killed(points, 2, sabotage)
    title = f"Kill -9, daemon, sabotage: {SABOTAGE[sabotage]}"
    keep(f"book_kill_{sabotage}", title, {"points": points, "bad": found.bad}, seeds="20, 21")
    assert found.bad > 0
