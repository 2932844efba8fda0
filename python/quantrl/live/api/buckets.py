"""How often somebody may ask: a bucket of tokens for each address."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

_KEPT = 4_096


class Buckets:
    """One bucket for each key, full at first; the one asked for least recently is forgotten.

    Parameters
    ----------
    per_s : float
        Tokens that come back each second.
    burst : float
        What a bucket holds.
    clock : callable
    """

    def __init__(self, per_s: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s, self._burst, self._clock = per_s, burst, clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> float:
        """Take one token: 0, or seconds until there is one."""
        now = self._clock()
        level, since = self._levels.pop(key, (self._burst, now))
        level = min(self._burst, level + (now - since) * self._per_s)
        wait = 0.0 if level >= 1 else (1 - level) / self._per_s
        self._levels[key] = (level - 1 if wait == 0 else level, now)
        if len(self._levels) > _KEPT:
            self._levels.popitem(last=False)
        return wait
