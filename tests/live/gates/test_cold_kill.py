"""Kill -9 of the supervised tree: the book comes back by itself or at the next start, and ends as one never killed."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest

from cli.paper_process import left, reached, started
from counts import full_or
from live.gates.cold import CONFIG, WHOM, Found, Tree, plan
from live.gates.kept import keep
from quantrl.live.folder_lock import is_owned

SEED = 70


def part(values: list[float], q: float) -> float:
    """The value that the part `q` does not exceed, seconds."""
    return round(sorted(values)[max(int(q * len(values) + 0.9999) - 1, 0)], 2) if values else float("nan")


@pytest.fixture(scope="module")
def digest(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of a tree that nobody kills."""
    return Tree(tmp_path_factory.mktemp("whole")).whole()


def test_a_killed_tree_ends_as_one_never_killed(quick: Path, digest: str) -> None:
    points = full_or(100, 3)
    tree, found = Tree(quick), Found()
    for number in range(points):
        tree.point(number, plan(random.Random(f"{SEED}:{number}"), number), found, digest)
    times = [one for some in found.ready_s.values() for one in some]
    counts: dict[str, object] = {
        "points": points,
        "kills": found.kills,
        **{f"kills at {place}": count for place, count in sorted(found.places.items())},
        "other digests": found.other_digests,
        "problems": len(found.problems),
        "load": " ".join(f"{one:.1f}" for one in os.getloadavg()),
        "ready again, median s": part(times, 0.5),
        "ready again, p95 s": part(times, 0.95),
        **{f"p95 s, {whom}": part(some, 0.95) for whom, some in sorted(found.ready_s.items())},
        **{f"processor s, {whom}": part(some, 0.5) for whom, some in sorted(found.cpu_s.items())},
    }
    keep("cold_kill", "Kill -9, supervised tree", counts, seeds=str(SEED))
    assert found.problems == []
    assert found.other_digests == 0
    assert found.kills >= points * 3 // 4
    assert times


def test_a_tree_that_recovers_badly_is_caught(quick: Path, digest: str) -> None:
    points, found = full_or(10, 1), Found()
    cheat = Tree(quick, "forgetful")
    for number in range(points):
        cheat.point(number, [("log", 150 + 80 * number, WHOM[number % 3], False)], found, digest)
    title = "Kill -9, supervised tree, sabotage: recovery leaves out the last bar"
    keep("cold_kill_forgetful", title, {"points": points, "bad": found.bad}, seeds="none")
    assert found.bad == points


def test_sigterm_ends_a_tree_in_time_and_a_second_start_is_refused(quick: Path) -> None:
    times, longest = full_or(100, 1), 0.0
    (quick / "cold.toml").write_text(CONFIG)
    for _ in range(times):
        with started(quick / "book", "--config", quick / "cold.toml", "--speed", "1000") as process:
            reached(quick / "book", process, 1)
            with started(quick / "book") as second:
                assert left(second)[0] == 10
            begun = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert left(process)[0] == 0
            longest = max(longest, time.monotonic() - begun)
        assert not is_owned(quick / "book")
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    counts = {"times": times, "refused": times, "longest s": round(longest, 2), "load": load}
    keep("cold_stop", "SIGTERM and a second start", counts, seeds="none")
    assert longest <= 10
