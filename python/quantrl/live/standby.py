"""The engine that would follow: it has read its modules, has opened nothing, and waits to be told. Standard library only."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from quantrl.live.backoff import Backoff
from quantrl.live.engine_process import EngineProcess

AFTER_S = 3.0
"""From when a book is ready to the start of the next engine; after one that crashes sooner the pause is long enough."""
Stamp = tuple[tuple[str, int, int], ...]


class Standby:
    """At most one engine that waits.

    Parameters
    ----------
    command : sequence of str
        Starts an engine.
    environ : mapping
    log : callable (str)
        Told of one that ends unasked, or cannot be started; it is tried again after 1, 2, 4 .. 60 s.
    """

    def __init__(
        self, command: Sequence[str], environ: Mapping[str, str], log: Callable[[str], None]
    ) -> None:
        self._command, self._environ, self._log = command, environ, log
        self._process: EngineProcess | None = None
        self._stamp: Stamp = ()
        self._due = 0.0
        self._backoff = Backoff(crashes=0)

    @property
    def pid(self) -> int | None:
        """Of the process; None where there is none."""
        return None if self._process is None else self._process.pid

    def later(self, now: float) -> None:
        """The book is ready now: there is time."""
        self._due = now + AFTER_S

    def soon(self, now: float) -> None:
        """The book is down: there is none to lose."""
        self._due = min(self._due, now)

    def tend(self, now: float) -> None:
        """Start one where it is time, and notice one that has ended."""
        process = self._process
        if process is not None:
            process.hear()
            if process.ended() is not None:
                self._process = None
                self._failed(now, "has ended", now - process.begun)
        elif now >= self._due:
            try:
                self._begin()
            except OSError as error:
                self._failed(now, f"could not be started: {error}", 0.0)

    def taken(self) -> EngineProcess:
        """The engine that waits, or a new one: where there is none, or the code has changed since it was read.

        Raises
        ------
        OSError
            The system starts no process.
        """
        if self._process is not None and (self._process.ended() is not None or self._stamp != stamp()):
            self.close()
        if self._process is None:
            self._begin()
        process, self._process = self._process, None
        assert process is not None
        return process

    def close(self) -> None:
        """End it."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()

    def _begin(self) -> None:
        self._stamp = stamp()
        self._process = EngineProcess(self._command, self._environ)

    def _failed(self, now: float, how: str, ran_s: float) -> None:
        pause = self._backoff.ended(now, ran_s)
        assert pause is not None
        self._due = now + pause
        self._log(f"the engine on standby {how}; another is started in {pause:g} s")


def stamp() -> Stamp:
    """Of every file of this package, and of the folders that packages are installed in: name, time of change, size."""
    root = Path(__file__).parents[1]
    files = [*root.rglob("*.py"), *root.glob("_core*")]
    homes = [Path(each) for each in sys.path if each.endswith(("site-packages", "dist-packages"))]
    found = []
    for path in (*files, *homes):
        try:
            about = os.stat(path)
        except FileNotFoundError:  # an installation goes on
            continue
        found.append((os.fspath(path), about.st_mtime_ns, about.st_size))
    return tuple(sorted(found))
