"""A bad line to a venue: the books end as the venue's, or the instrument is quarantined; no order is ever sent twice."""

from __future__ import annotations

import pytest

from counts import full_or_tenth
from live.gates.chaos import Chaos
from live.gates.kept import keep

SABOTAGE = {
    "blind": "sent again without asking",
    "trusting": "nobody asks for what was missed",
}


def runs(count: int, seed: int, cheat: str = "") -> tuple[list[str], int]:
    """What is wrong after so many scripts, and how many instruments were quarantined."""
    found, quarantined = [], 0
    for number in range(count):
        chaos = Chaos(f"{seed}:{number}", cheat)
        chaos.run()
        found += [f"script {number}: {one}" for one in chaos.problems()]
        quarantined += len(chaos.quarantined)
    return found, quarantined


def test_books_end_as_the_venues_or_are_quarantined() -> None:
    scripts = full_or_tenth(500)
    found, quarantined = runs(scripts, 90)
    counts = {"scripts": scripts, "wrong": len(found), "instruments": 2 * scripts, "quarantined": quarantined}
    keep("chaos", "Venue on a bad line", counts, seeds="90")
    assert found == []
    # Quarantine is no way out of everything.
    assert 0 < quarantined < scripts


@pytest.mark.parametrize("cheat", SABOTAGE)
def test_who_cheats_is_caught(cheat: str) -> None:
    scripts = full_or_tenth(200)
    found, _ = runs(scripts, 91, cheat)
    title = f"Venue on a bad line, sabotage: {SABOTAGE[cheat]}"
    keep(f"chaos_{cheat}", title, {"scripts": scripts, "wrong": len(found)}, seeds="91")
    assert len(found) > scripts // 10
