"""Once a day the head of the chain is told outside: a journal whose end was cut off still links, but lacks it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from quantrl.live import events, outbox
from quantrl.live.vocabulary import DAY

if TYPE_CHECKING:
    from quantrl.live.engine import Daemon

TOPIC = "engine.seal"


class Seals:
    """Seals of a running book, at the first pause after midnight UTC of the wall clock.

    Parameters
    ----------
    log : callable (str)
        Has the head too.
    wall : callable
        ns UTC.
    """

    def __init__(self, log: Callable[[str], None], wall: Callable[[], int] = time.time_ns) -> None:
        self._log, self._wall = log, wall
        self._day = wall() // DAY

    def due(self, daemon: Daemon) -> bool:
        """Seal the book where a day has begun; whether it was. Changes no content."""
        now = self._wall()
        if now // DAY <= self._day:
            return False
        self._day = now // DAY
        head = daemon.journal.committed
        text = f"event {head.seq} has hash {head.hash.hex()}"
        message = outbox.notice(f"seal {self._day} {head.seq}", TOPIC, text, now)
        daemon.note(events.Seal(head.hash), message)
        self._log(f"seal: {text}")
        return True
