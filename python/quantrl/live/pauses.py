"""What a running book does while it waits: commits are made, the KILL file is heeded, clients are served."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from quantrl.live.commands import Commands
from quantrl.live.cycle import Cycle
from quantrl.live.observed import NAP_S, Observed


class Pauses:
    """Of one book; `stop` ends them.

    Parameters
    ----------
    cycle : Cycle
    commands : Commands
    observed : Observed
    serve : callable
        Serves clients.
    """

    def __init__(
        self, cycle: Cycle, commands: Commands, observed: Observed, serve: Callable[[], None]
    ) -> None:
        self._cycle, self._commands, self._observed, self._serve = cycle, commands, observed, serve
        self._stop = threading.Event()

    def stop(self) -> None:
        """End the present one and all that follow; safe from other threads and signal handlers."""
        self._stop.set()

    @property
    def stopped(self) -> bool:
        """Whether nothing more is to be begun."""
        return self._stop.is_set()

    def wait(self, seconds: float) -> None:
        """Pace; the KILL file and commands are seen meanwhile."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self.stopped:
            self.between()
            self._stop.wait(min(left, NAP_S))

    def between(self) -> None:
        """Between two inputs, while something is waited for."""
        self._cycle.commit()
        self._commands.poll()
        self.hear()

    def hear(self) -> None:
        """Let clients be served."""
        self._observed.heard()
        self._serve()
