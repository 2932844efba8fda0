"""When an exchange was open, by the library exchange_calendars (``quantrl[data]``): holidays, half days and breaks."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass, field

import numpy as np

from quantrl.errors import ConfigError
from quantrl.typing import BoolArray, IntArray

_TIMEOUT_S = 120


@dataclass(frozen=True)
class Calendar:
    """The sessions of an exchange from one day to another.

    Attributes
    ----------
    name : str
        Such as ``XNYS``.
    labels : tuple of str
        Date of each session, ``YYYY-MM-DD``, rising.
    open, close, break_start, break_end : (S,) int64
        ns UTC; a break that is none is 0 and 0.
    source : str
        Library, version and a digest of the table.
    """

    name: str
    labels: tuple[str, ...]
    open: IntArray = field(repr=False)
    close: IntArray = field(repr=False)
    break_start: IntArray = field(repr=False)
    break_end: IntArray = field(repr=False)
    source: str

    @staticmethod
    def of(name: str, start: str, end: str) -> Calendar:
        """Sessions from `start` to `end`, both included.

        The library runs in a process of its own, because it brings pandas.

        Parameters
        ----------
        name : str
            Code of an exchange, such as ``XNYS``, ``XSHG`` or ``24/7``.
        start, end : str
            ``YYYY-MM-DD``.

        Raises
        ------
        ConfigError
            No such calendar or dates, no session between them, or the library is missing.
        """
        command = [sys.executable, "-m", "quantrl.data._calendar_child", name, start, end]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired:
            raise ConfigError(f"calendar {name!r}: no answer in {_TIMEOUT_S} s") from None
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["no message"]
            raise ConfigError(f"calendar {name!r} from {start} to {end}: {lines[-1]}")
        answer = json.loads(done.stdout)
        rows = answer["sessions"]
        if not rows:
            raise ConfigError(f"calendar {name!r} from {start} to {end}: no session")
        sha = hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]
        times = np.array([row[1:] for row in rows], dtype=np.int64).T.copy()
        source = f"{name} exchange_calendars {answer['version']} {sha}"
        opens, closes, *pause = times
        return Calendar(name, tuple(row[0] for row in rows), opens, closes, pause[0], pause[1], source)

    def __len__(self) -> int:
        return len(self.labels)

    def seen(self, time: IntArray) -> BoolArray:
        """(S,): whether a bar ended in each session, after its open and by its close.

        Parameters
        ----------
        time : (T,) int64
            Bar ends, ns UTC, rising.
        """
        found: BoolArray = np.searchsorted(time, self.close, "right") > np.searchsorted(
            time, self.open, "right"
        )
        return found
