"""Processes beside the engine, by name: started again when they end, and never a reason to end the engine."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from quantrl.errors import QuantrlError
from quantrl.live.backoff import Backoff

END_S = 0.5


class Child(Protocol):
    """A process that a supervisor can own."""

    def start(self) -> None:
        """Start it."""
        ...

    @property
    def pid(self) -> int | None:
        """Of the process; None where it has ended."""
        ...

    def stop(self) -> None:
        """End it, soon: the engine waits for nobody; it may be started again."""
        ...

    def close(self) -> None:
        """End it for good, and give back what it holds."""
        ...


class Module:
    """A Python module as a child: it ends when its standard input does.

    Parameters
    ----------
    name : str
        Of the module.
    words : sequence of str
        Its arguments.
    environ : mapping, optional
    told : bytes
        What it reads first.
    descriptors : sequence of int
        What it inherits beside its standard streams.
    quiet : bool
        Nobody reads its standard error.
    end_s : float
        How long it may take to end.
    """

    def __init__(
        self,
        name: str,
        words: Sequence[str] = (),
        environ: Mapping[str, str] | None = None,
        *,
        told: bytes = b"",
        descriptors: Sequence[int] = (),
        quiet: bool = False,
        end_s: float = END_S,
    ) -> None:
        self._command = [sys.executable, "-m", name, *words]
        self._environ = None if environ is None else dict(environ)
        self._told, self._descriptors, self._quiet, self._end_s = told, tuple(descriptors), quiet, end_s
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, in a session of its own: a signal from the terminal is the supervisor's."""
        process = self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL if self._quiet else None,
            env=self._environ,
            pass_fds=self._descriptors,
            start_new_session=True,
        )
        assert process.stdin is not None
        with suppress(BrokenPipeError):  # it has ended already
            process.stdin.write(self._told)
            process.stdin.flush()

    @property
    def pid(self) -> int | None:
        """Of the process; None where it has ended."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def stop(self) -> None:
        """Close its input, and kill it where that does not end it in time."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        with suppress(OSError):
            process.stdin.close()
        try:
            process.wait(self._end_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def close(self) -> None:
        """As `stop`."""
        self.stop()


@dataclass
class _Row:
    child: Child
    backoff: Backoff
    begun: float = 0.0
    due: float | None = None


class Children:
    """A table of children.

    Parameters
    ----------
    children : mapping of str to Child
        By name; started in order, ended in the opposite one.
    log : callable (str)
        Told of every end that nobody asked for, and of a start that fails; it is tried again like an end.
    """

    def __init__(self, children: Mapping[str, Child], log: Callable[[str], None] = lambda line: None) -> None:
        self._rows = {name: _Row(child, Backoff(crashes=0)) for name, child in children.items()}
        self._log = log
        self._started = False

    def start(self) -> None:
        """Start all, once."""
        if not self._started:
            self._started = True
            for name, row in self._rows.items():
                self._begin(name, row, time.monotonic())

    def tend(self, now: float) -> None:
        """Start those again that have ended, after 1, 2, 4 .. 60 s."""
        if not self._started:
            return
        for name, row in self._rows.items():
            if row.due is None and row.child.pid is None:
                pause = row.backoff.ended(now, now - row.begun)
                assert pause is not None
                row.child.stop()
                row.due = now + pause
                self._log(f"{name} has ended; it is started again in {pause:g} s")
            elif row.due is not None and now >= row.due:
                self._begin(name, row, now)

    def close(self) -> None:
        """End all for good."""
        self._started = False
        for row in reversed(list(self._rows.values())):
            row.child.close()

    def _begin(self, name: str, row: _Row, now: float) -> None:
        row.due, row.begun = None, now
        try:
            row.child.start()
        except (OSError, QuantrlError) as error:
            self._log(f"{name} could not be started: {error}")
