"""When a market is open, as whole nanoseconds; nothing outside the table is open."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from quantrl.data.calendars import Calendar
from quantrl.errors import ConfigError
from quantrl.live.digests import Plain, digest

OPEN, CLOSED, UNKNOWN = 1, 0, -1


class Session(NamedTuple):
    """One trading day: label, ns UTC of open and close, and a break if there is one (both 0 = none).

    Open at `open` and until before `close`; closed from `break_start` until before `break_end`.
    """

    label: str
    open: int
    close: int
    break_start: int = 0
    break_end: int = 0


class Turn(NamedTuple):
    """When a market opens or closes: ns UTC, place of the session in its table, and what the market is from then on."""

    at: int
    place: int
    state: int


class Sessions:
    """A market's sessions in order.

    Parameters
    ----------
    sessions : iterable of Session
    source : str
        Where they come from, with its version, for the journal.

    Raises
    ------
    ConfigError
        No session, or one that does not begin after the one before ended; names it.
    """

    def __init__(self, sessions: Iterable[Session], source: str = "given") -> None:
        self.table = tuple(Session(*session) for session in sessions)
        self.source = source
        if not self.table:
            raise ConfigError("sessions: expected at least one")
        for before, session in zip((Session("", -1, -1), *self.table), self.table, strict=False):
            _check(before, session)
        self._opens = [session.open for session in self.table]
        self.turns = tuple(
            turn for place, session in enumerate(self.table) for turn in _turns(place, session)
        )
        self._turned = [turn.at for turn in self.turns]

    def __len__(self) -> int:
        return len(self.table)

    def state(self, ts: int) -> int:
        """OPEN, CLOSED, or UNKNOWN outside the table; gates take UNKNOWN as closed."""
        if not self.table[0].open <= ts < self.table[-1].close:
            return UNKNOWN
        session = self.table[self.begun(ts)]
        pause = session.break_start <= ts < session.break_end
        return OPEN if ts < session.close and not pause else CLOSED

    def begun(self, ts: int) -> int:
        """Index of the last session that opened at or before a time; -1 = none."""
        return bisect_right(self._opens, ts) - 1

    def turn(self, last: int, ts: int) -> int | None:
        """The turn to take at a time, as an index into `turns`, after the one taken `last` (-1: none yet).

        Who begins takes the newest one alone; later every one is taken, in order. None: none has come.
        """
        if last < 0:
            found = bisect_right(self._turned, ts) - 1
            return found if found >= 0 else None
        return last + 1 if last + 1 < len(self.turns) and self.turns[last + 1].at <= ts else None

    def next_turn(self, ts: int) -> int | None:
        """Time of the first turn after `ts`, ns; None after the last."""
        found = bisect_right(self._turned, ts)
        return self._turned[found] if found < len(self._turned) else None

    def to_plain(self) -> Plain:
        """Source and sessions."""
        return (self.source, tuple(tuple(session) for session in self.table))

    @classmethod
    def from_plain(cls, plain: Any) -> Sessions:
        """Sessions from `to_plain`."""
        source, table = plain
        return cls((Session(*session) for session in table), source)

    def digest(self) -> bytes:
        """SHA-256 over source and sessions."""
        return digest(self.to_plain())


def from_calendar(name: str, start: str, end: str) -> Sessions:
    """Sessions of an exchange, compiled by exchange_calendars in a process of its own.

    Parameters
    ----------
    name : str
        Such as ``XNYS``.
    start, end : str
        First and last day, ``YYYY-MM-DD``.

    Raises
    ------
    ConfigError
        No such calendar or dates, or exchange_calendars is missing.
    """
    found = Calendar.of(name, start, end)
    times = (found.open, found.close, found.break_start, found.break_end)
    rows = zip(found.labels, *(column.tolist() for column in times), strict=True)
    return Sessions((Session(*row) for row in rows), found.source)


def _turns(place: int, session: Session) -> Iterator[Turn]:
    yield Turn(session.open, place, OPEN)
    if session.break_start:
        yield Turn(session.break_start, place, CLOSED)
        if session.break_end < session.close:
            yield Turn(session.break_end, place, OPEN)
    yield Turn(session.close, place, CLOSED)


def _check(before: Session, session: Session) -> None:
    label, opens, closes, start, end = session
    if not (before.close <= opens < closes and opens >= 0):
        raise ConfigError(
            f"session {label!r}: expected open >= {before.close} and before close, got {opens}, {closes}"
        )
    if (start or end) and not opens <= start < end <= closes:
        raise ConfigError(f"session {label!r}: expected a break within it, got {start} to {end}")
