"""Signals as wishes that the loop heeds between two bars; a second one, or ten seconds, ends it at once."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

GRACE_S = 9.0
_HEEDED = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGALRM)


class Signs:
    """Handlers for SIGINT and SIGTERM (stop after the current bar), and SIGUSR1 (halt), while a ``with`` block lasts.

    Attributes
    ----------
    end : callable
        Called at the first SIGINT or SIGTERM.
    stopped_by : signal number or None
    overdue : bool
        The loop did not end within `GRACE_S` of the first: it was interrupted.
    """

    def __init__(self) -> None:
        self.end: Callable[[], None] = lambda: None
        self.stopped_by: int | None = None
        self.overdue = self._halt = False
        self._before: dict[int, object] = {}

    def halt_wanted(self) -> bool:
        """Whether SIGUSR1 came since the last call."""
        wanted, self._halt = self._halt, False
        return wanted

    def calm(self) -> None:
        """The loop has ended: what follows has all the time it needs."""
        signal.setitimer(signal.ITIMER_REAL, 0)

    def __enter__(self) -> Self:
        for number in _HEEDED:
            self._before[number] = signal.signal(number, self._heard)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.calm()
        for number, before in self._before.items():
            signal.signal(number, before)  # type: ignore[arg-type]

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGUSR1:
            self._halt = True
        elif number == signal.SIGALRM:
            self.overdue = True
            raise KeyboardInterrupt
        elif self.stopped_by is not None:
            raise KeyboardInterrupt
        else:
            self.stopped_by = number
            signal.setitimer(signal.ITIMER_REAL, GRACE_S)
            self.end()
