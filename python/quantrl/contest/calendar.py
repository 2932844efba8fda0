"""Which days a contest decides for, and their times as the research contest's accounts read them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from quantrl.contest.clock import Clock
from quantrl.contest.config import ContestConfig
from quantrl.errors import ConfigError
from quantrl.selection.timeline import Timeline
from quantrl.units import NS_PER_DAY, iso_date

if TYPE_CHECKING:
    from quantrl.data import Panel


@dataclass(frozen=True)
class Calendar:
    """Days by their index in the panel.

    Attributes
    ----------
    clock : Clock
    first : int
        First day decided for: of the calibration, where there is one.
    test : int
        First day whose results are reported.
    last : int
        Last day decided for.
    calibrated : int
        Days of the calibration.
    """

    clock: Clock
    first: int
    test: int
    last: int
    calibrated: int

    @classmethod
    def of(cls, config: ContestConfig, panel: Panel, clock: Clock) -> Calendar:
        """The days of a config.

        Raises
        ------
        ConfigError
            No day of the panel lies in the span, or the calibration reaches into the test.
        """
        start, test, last = 0, *_span(panel, clock, config.start, config.end)
        calibrated = 0
        span = config.calibration
        if span is not None:
            start, end = _span(panel, clock, span.start, span.end)
            for predictor in (config.mechanism.data_predictor, config.mechanism.research_predictor):
                if predictor is not None and predictor.fit == "calibration":
                    clock.check_calibration(end, predictor.n, test)
            calibrated = end - start + 1
        return cls(clock, start if span is not None else test, test, last, calibrated)

    @property
    def days(self) -> range:
        """Every day decided for."""
        return range(self.first, self.last + 1)

    @property
    def base(self) -> int:
        """The bar of row 0 of the accounts: the last one before the first day."""
        return self.first - 1

    @property
    def delay(self) -> int:
        """Days from the newest matured score to the decision, as on the first day: no later one is known by then."""
        clock = self.clock
        return self.first + 2 - int(np.searchsorted(clock.known, clock.d(self.first), side="right"))

    def row(self, t: int) -> int:
        """Row of the table of weights that is decided at d(t)."""
        return t - 1 - self.base

    def date(self, t: int) -> str:
        """ISO date of d(t)."""
        return iso_date(self.clock.d(t))

    def name(self, t: int) -> str:
        """``<t>-<date>``: the folder of a day."""
        return f"{t:05d}-{self.date(t)}"

    def day_at(self, date: str) -> int:
        """The day that is decided on a date.

        Raises
        ------
        ConfigError
            None is.
        """
        found = next((t for t in self.days if self.date(t) == date), None)
        if found is None:
            raise ConfigError(
                f"date: expected a day of the contest from {self.date(self.first)} to {self.date(self.last)}, "
                f"got {date!r}"
            )
        return found


class DayTimeline(Timeline):
    """Times of the bars from `Calendar.base` to the last day, with d(t) for the moment a row is decided.

    Parameters
    ----------
    panel : Panel
    fill : str
    calendar : Calendar
    """

    def __init__(self, panel: Panel, fill: str, calendar: Calendar) -> None:
        super().__init__(panel, fill)
        clock, bars = calendar.clock, slice(calendar.base, calendar.last + 1)
        self.priced_at = self.priced_at[bars]
        self.fill_at = clock.opens[bars]
        decided = clock.decides[calendar.base + 1 : calendar.last + 2]
        if len(decided) < len(self.priced_at):
            decided = np.append(decided, max(int(self.priced_at[-1]), int(clock.decides[-1])))
        self.time = decided
        self.known = np.searchsorted(self.priced_at, self.time, side="right") - 1


def _span(panel: Panel, clock: Clock, start: str, end: str) -> tuple[int, int]:
    """First and last day whose decision falls on these dates; day 0 has no bar before it and is none."""
    a = int((dt.date.fromisoformat(start) - dt.date(1970, 1, 1)).days) * NS_PER_DAY
    b = int((dt.date.fromisoformat(end) - dt.date(1970, 1, 1)).days + 1) * NS_PER_DAY
    inside = np.flatnonzero((clock.decides >= a) & (clock.decides < b) & (np.arange(clock.n_days) > 0))
    if not inside.size:
        raise ConfigError(
            f"start, end: no day of {panel.name!r} from {start} to {end}; its days are "
            f"{iso_date(clock.d(min(1, clock.n_days - 1)))} to {iso_date(clock.d(clock.n_days - 1))}"
        )
    return int(inside[0]), int(inside[-1])
