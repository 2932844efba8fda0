"""When a market is open, as whole nanoseconds; nothing outside the table is open."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from quantrl.data.calendars import Calendar
from quantrl.errors import ConfigError
from quantrl.live.digests import Plain, digest
from quantrl.live.vocabulary import DAY

OPEN, CLOSED, UNKNOWN = 1, 0, -1
_ALARM_BEFORE = 30 * DAY


class Session(NamedTuple):
    """One trading day: label, ns UTC of open and close, and a break if there is one (both 0 = none).

    Open at `open` and until before `close`; closed from `break_start` until before `break_end`.
    """

    label: str
    open: int
    close: int
    break_start: int = 0
    break_end: int = 0


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

    def ends_soon(self, ts: int) -> bool:
        """Whether the table ends within 30 days, so that a newer one is due."""
        return ts >= self.table[-1].close - _ALARM_BEFORE

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


def from_bars(times: Sequence[int], source: str = "bars") -> Sessions:
    """A session per bar, open from its time until before the next: for feeds whose bars are their calendar.

    Parameters
    ----------
    times : (T,) int
        When each bar becomes known, ns UTC, rising. The last session ends one ns after its bar.
    """
    ends = [*times[1:], times[-1] + 1] if len(times) else []
    return Sessions(
        (Session(str(start), int(start), int(end)) for start, end in zip(times, ends, strict=True)), source
    )


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


def _check(before: Session, session: Session) -> None:
    label, opens, closes, start, end = session
    if not (before.close <= opens < closes and opens >= 0):
        raise ConfigError(
            f"session {label!r}: expected open >= {before.close} and before close, got {opens}, {closes}"
        )
    if (start or end) and not opens <= start < end <= closes:
        raise ConfigError(f"session {label!r}: expected a break within it, got {start} to {end}")
