"""When something that keeps ending is started again, and when no more."""

from __future__ import annotations

from collections import deque

FIRST_S, LONGEST_S = 1.0, 60.0
CRASHES, WINDOW_S = 5, 600.0


class Backoff:
    """Pauses of 1, 2, 4 .. 60 s between starts; so many crashes within so long end it.

    Parameters
    ----------
    crashes : int
        In one window, at which nothing is started any more; 0: there is always another start.
    window_s : float
        A run that lasted so long also ends the doubling.
    """

    def __init__(self, crashes: int = CRASHES, window_s: float = WINDOW_S) -> None:
        self._crashes, self._window_s = crashes, window_s
        self._ended: deque[float] = deque(maxlen=max(crashes, 1))
        self._in_a_row = 0

    def ended(self, now: float, ran_s: float) -> float | None:
        """It ended at `now` after `ran_s`: seconds to wait before the next start; None: there is none."""
        self._in_a_row = 1 if ran_s >= self._window_s else self._in_a_row + 1
        self._ended.append(now)
        full = len(self._ended) == self._crashes
        if full and now - self._ended[0] <= self._window_s:
            return None
        return float(min(FIRST_S * 2 ** min(self._in_a_row - 1, 30), LONGEST_S))
