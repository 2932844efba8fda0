"""What a daemon notes of itself for people: how fast it goes, how long its steps take, and when it last did them."""

from __future__ import annotations

import time
from typing import Any

from quantrl.live.timings import Timings

NAP_S = 0.05
"""Longest pause between two moments at which clients are heard."""


class Observed:
    """Of one daemon; decides nothing.

    Attributes
    ----------
    pace : float
        Event time over wall time.
    running : bool
        Whether bars are taken.
    taken : float
        Monotonic time at which the newest bar was begun.
    pulse : tuple of (float, dict or None)
        The last answer to a client that asked for the pulse, and when it was made.
    """

    def __init__(self, timings: Timings) -> None:
        self.timings, self.pace, self.running = timings, 1.0, False
        self.taken = self._heard = time.monotonic()
        self.pulse: tuple[float, dict[str, Any] | None] = (0.0, None)

    def begin_bar(self) -> None:
        """A bar begins."""
        self.taken = time.monotonic()

    def answered(self) -> None:
        """Every agent has answered."""
        self.timings.decision.add(time.monotonic() - self.taken)

    def end_bar(self) -> None:
        """The bar is over."""
        self.timings.cycle.add(time.monotonic() - self.taken)

    def heard(self) -> None:
        """Clients are heard now: how late that is, beyond the longest pause."""
        now = time.monotonic()
        self.timings.lag.add(now - self._heard - NAP_S)
        self._heard = now
