"""Days of event time: memory and descriptors stay, the journal grows as foretold."""

from __future__ import annotations

import os
from dataclasses import asdict

from counts import FULL
from live.gates.kept import keep
from live.gates.soak import Options, soaked

WALL_S = 600.0
"""For 72 hours; a busy machine may take longer, so the processor time is what is asked."""


def test_a_book_soaks() -> None:
    options = Options() if FULL else Options(hours=0.5, instruments=3, decide_every="10s")
    found = soaked(options)
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    counts = {key.replace("_", " "): value for key, value in asdict(found).items() if key != "lag_p999_s"}
    keep("soak", "Soak", {**counts, "load": load}, seeds=str(options.seed))
    assert found.fills > 0
    assert found.fds_last == found.fds_first
    assert abs(found.journal_off) <= (0.05 if FULL else 0.1)
    if FULL:
        assert found.hours > 71
        assert found.events > 50_000_000
        assert found.rss_slope_mib_per_day <= 1.0
        assert found.cpu_s <= WALL_S
