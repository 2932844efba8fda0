"""When a contest decides, what has matured by then, and which rows a predictor may be trained on.

t, s and tau number trading days, which are the bars of a panel. o(t) is the open of day t, d(t) the instant at which is
decided what to hold from o(t) on, r(s) the return from o(s) to o(s+1). A panel of closes reads "close of t" for o(t).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quantrl.contest.opens import open_times
from quantrl.data.sealed import frozen
from quantrl.data.view import NEVER
from quantrl.errors import ConfigError, DataError, LookAheadError
from quantrl.selection.timeline import Timeline
from quantrl.typing import IntArray
from quantrl.units import NS_PER_DAY, NS_PER_SECOND, iso_time

if TYPE_CHECKING:
    from quantrl.data import Panel

LEAD_S = 30 * 60
LEAD_CONTINUOUS_S = 60
BEGINNING = int(np.iinfo(np.int64).min)


class Clock:
    """Decision instants over the days of a calendar, and the embargo between what is known and what is learnt from it.

    Parameters
    ----------
    opens : (D,) int64
        o(t), ns UTC, strictly increasing.
    known : (K,) int64
        When the price at o(t) became known, not before o(t) and never falling; K is D, or less where the newest days
        have no bar yet.
    lead_ns : int
        d(t) = o(t) - lead_ns.

    Raises
    ------
    ConfigError
        Not o(t-1) < d(t) < o(t) on some day; the message names it.
    DataError
        Opens that do not increase, or a price known before its open.
    """

    def __init__(self, opens: IntArray, known: IntArray, lead_ns: int) -> None:
        self.opens: IntArray = frozen(opens, np.int64)
        self.known: IntArray = frozen(known, np.int64)
        if self.opens.ndim != 1 or self.known.ndim != 1 or not 0 < len(self.opens) >= len(self.known):
            raise DataError(
                f"clock: expected (D,) opens and at most D of known, got {opens.shape}, {known.shape}"
            )
        _check(self.opens, self.known)
        if lead_ns <= 0:
            raise ConfigError(f"lead: expected more than 0 ns, got {lead_ns}")
        self.lead_ns = int(lead_ns)
        self.decides: IntArray = frozen(self.opens - self.lead_ns, np.int64)
        early = np.flatnonzero(self.decides[1:] <= self.opens[:-1])
        if early.size:
            t = int(early[0]) + 1
            raise ConfigError(
                f"lead: day {t} would decide at {iso_time(int(self.decides[t]))}, not after the open before it at "
                f"{iso_time(int(self.opens[t - 1]))}; expected a lead below {self.opens[t] - self.opens[t - 1]} ns, "
                f"got {self.lead_ns}"
            )

    @classmethod
    def of_panel(
        cls,
        panel: Panel,
        fill: str = "next_open",
        *,
        open_time: str | None = None,
        lead_s: float | None = None,
    ) -> Clock:
        """The clock of a panel.

        Parameters
        ----------
        panel : Panel
        fill : {'next_open', 'next_close'}
        open_time : str, optional
            When a day opens, such as ``09:30 America/New_York``, or ``continuous`` where each bar opens as the one
            before ends. Samples bring their own; ``next_close`` needs none.
        lead_s : float, optional
            Seconds from d(t) to o(t): 30 minutes, and 60 s on a continuous calendar.

        Raises
        ------
        ConfigError
            Another fill, an open time that is missing or does not fit the bars, or a lead that leaves no room.
        """
        if fill not in ("next_open", "next_close"):
            raise ConfigError(
                f"fill: a contest decides before the open; expected next_open or next_close, got {fill!r}"
            )
        opens, continuous = open_times(panel, fill, open_time)
        seconds = (LEAD_CONTINUOUS_S if continuous else LEAD_S) if lead_s is None else lead_s
        if not 0 < seconds < NS_PER_DAY / NS_PER_SECOND * 366:
            raise ConfigError(f"lead: expected seconds above 0 and below a year, got {seconds}")
        return cls(opens, Timeline(panel, fill).priced_at, round(seconds * NS_PER_SECOND))

    @classmethod
    def of_moment(cls, after: int, now: int) -> Clock:
        """Of one decision, d(1) = `now`, filled later; its documents are those after `after`, ns."""
        opens: IntArray = np.array([after, now], dtype=np.int64) + 1
        return cls(opens, opens, 1)

    @property
    def n_days(self) -> int:
        """D."""
        return len(self.opens)

    def o(self, t: int) -> int:
        """Open of day t, ns."""
        return int(self.opens[self._day(t)])

    def d(self, t: int) -> int:
        """Decision instant of day t, ns. The decision is row t-1 of a table of weights; its next open is o(t)."""
        return int(self.decides[self._day(t)])

    def window(self, t: int) -> tuple[int, int]:
        """(after, until): documents of day t are available in (d(t-1), d(t)], so that Monday's hold the weekend's.

        Day 0 has those of all time before it.
        """
        return (self.d(t - 1) if t > 0 else BEGINNING), self.d(t)

    def day_of(self, t_ns: int) -> int:
        """The day whose window holds this time: the first with d(t) at or after it; D after the last."""
        return int(np.searchsorted(self.decides, t_ns, side="left"))

    def matured_at(self, s: int) -> int:
        """When r(s) is known: as o(s+1) is; `NEVER` where that has no bar."""
        self._day(s)
        return int(self.known[s + 1]) if s + 1 < len(self.known) else NEVER

    def newest(self, t: int) -> int:
        """The last s whose r(s) is known at d(t), -1 if none.

        It is t-2 wherever a bar ends before the next decision; t-3 on a continuous calendar with one stamp a bar.
        """
        return max(int(np.searchsorted(self.known, self.d(t), side="right")) - 2, -1)

    def check_score(self, s: int, t: int) -> None:
        """Refuse a score that has not matured.

        Raises
        ------
        LookAheadError
            The day asked for and the newest allowed.
        """
        if s > self.newest(t):
            raise LookAheadError(
                f"the score of day {s} is asked for at day {t}; the newest known at {iso_time(self.d(t))} is that of "
                f"day {self.newest(t)}"
            )

    def features(self, tau: int, m: int) -> range:
        """Days of the m newest scores that are known at d(tau); fewer at the beginning."""
        if m < 1:
            raise ConfigError(f"m: expected a window of 1 day or more, got {m}")
        last = self.newest(tau)
        return range(max(last - m + 1, 0), last + 1)

    def targets(self, tau: int, n: int) -> range:
        """Days tau..tau+n-1, those a decision at d(tau) can act on; tau-1 is in neither these nor the features."""
        if n < 1:
            raise ConfigError(f"n: expected a horizon of 1 day or more, got {n}")
        self._day(tau)
        return range(tau, tau + n)

    def usable(self, tau: int, n: int, t: int) -> bool:
        """Whether a training row of day tau has all its targets matured at d(t)."""
        return self.matured_at(min(self.targets(tau, n)[-1], self.n_days - 1)) <= self.d(t)

    def check_row(self, tau: int, n: int, t: int) -> None:
        """Refuse a training row that has not matured.

        Raises
        ------
        LookAheadError
            The row and the newest one that may be used.
        """
        if not self.usable(tau, n, t):
            raise LookAheadError(
                f"training row {tau} with {n} target days is asked for at day {t}; the newest that has matured by "
                f"{iso_time(self.d(t))} is {self.last_row(n, t)}"
            )

    def last_row(self, n: int, t: int) -> int:
        """The newest training row usable at d(t), negative if none: t-n-1 wherever `newest` is t-2."""
        self.targets(0, n)
        return self.newest(t) - n + 1

    def check_calibration(self, end: int, n: int, test: int) -> None:
        """Refuse a calibration whose last day reaches into the test.

        Parameters
        ----------
        end : int
            Last day of the calibration.
        n : int
            Days of a target.
        test : int
            First day of the test.

        Raises
        ------
        ConfigError
            `end` is not at least n + 2 days before `test`.
        """
        if end > test - (n + 2):
            raise ConfigError(
                f"calibration: expected its last day at least {n + 2} days before the test's first, day {test}, "
                f"got day {end}"
            )

    def _day(self, t: int) -> int:
        if not 0 <= t < self.n_days:
            raise DataError(f"expected a day from 0 to {self.n_days - 1}, got {t}")
        return t


def _check(opens: IntArray, known: IntArray) -> None:
    late = np.flatnonzero(np.diff(opens) <= 0)
    if late.size:
        raise DataError(f"opens: day {late[0] + 1} does not open after day {late[0]}")
    early = np.flatnonzero(known < opens[: len(known)])
    if early.size:
        raise DataError(f"known: the price of day {early[0]} is known before that day opens")
    if (np.diff(known) < 0).any():
        t = int(np.flatnonzero(np.diff(known) < 0)[0]) + 1
        raise DataError(f"known: the price of day {t} is known before that of day {t - 1}")
