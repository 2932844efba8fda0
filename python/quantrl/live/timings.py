"""How long the engine's steps take, as histograms whose edges never move."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

EDGES_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper ends of the buckets; the last one is open."""


class Timing:
    """One histogram."""

    def __init__(self) -> None:
        self.counts = [0] * (len(EDGES_S) + 1)
        self.total_s = 0.0

    def add(self, seconds: float) -> None:
        """Count one duration; one below 0 counts as 0."""
        self.counts[bisect_left(EDGES_S, seconds)] += 1
        self.total_s += max(seconds, 0.0)

    def plain(self) -> dict[str, Any]:
        """Counts per bucket and the sum of all, for a frame."""
        return {"counts": list(self.counts), "total_s": round(self.total_s, 6)}


class Timings:
    """Those of one daemon: a whole bar, from a bar to its last answer, a commit, and how late clients are heard."""

    def __init__(self) -> None:
        self.cycle, self.decision, self.commit, self.lag = Timing(), Timing(), Timing(), Timing()

    def plain(self) -> dict[str, Any]:
        """Every histogram by name."""
        return {name: timing.plain() for name, timing in vars(self).items()}
