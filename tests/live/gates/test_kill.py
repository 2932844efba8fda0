"""Kill -9 at any change of the disk: the books equal those of a run that was never killed."""

from __future__ import annotations

import pytest

from counts import full_or_tenth
from live.gates.kept import keep
from live.gates.kills import Options, kill_loop

SABOTAGE = {"early": "sent before the commit", "blind": "sent again without asking", "random": "random ids"}


def test_killed_books_equal_those_of_a_run_never_killed() -> None:
    points = full_or_tenth(1_000)
    found = kill_loop(Options(points=points, seed=1))
    keep("kill", "Kill -9, journal", {**vars(found), "problems": len(found.problems)}, seeds="1")
    assert found.problems == []
    assert (found.points, found.other_digests, found.lost_acknowledged) == (points, 0, 0)
    assert found.kills >= points


@pytest.mark.parametrize("sabotage", SABOTAGE)
def test_a_run_that_cheats_is_caught(sabotage: str) -> None:
    found = kill_loop(Options(points=full_or_tenth(400), seed=2, sabotage=sabotage))
    counts: dict[str, object] = {"points": found.points, "bad": found.bad}
    keep(f"kill_{sabotage}", f"Kill -9, sabotage: {SABOTAGE[sabotage]}", counts, seeds="2")
    assert found.bad > 0
