"""A feed's inputs, taken one after the other at their times, with all that follows from each."""

from __future__ import annotations

from collections.abc import Callable

from quantrl.live import events
from quantrl.live.asking import Asking
from quantrl.live.commands import Commands
from quantrl.live.cycle import Cycle
from quantrl.live.feeds.event_file import EventFeed
from quantrl.live.feeds.of_config import AnyFeed
from quantrl.live.feeds.recorded import Recorded
from quantrl.live.feeds.synthetic import SyntheticFeed
from quantrl.live.observed import Observed
from quantrl.live.pauses import Pauses
from quantrl.live.stops import planned, stops

Progress = Callable[[int, int], None]


class Playing:
    """Of one book.

    Parameters
    ----------
    cycle : Cycle
    commands : Commands
    asking : Asking
    pauses : Pauses
    observed : Observed
    """

    def __init__(
        self, cycle: Cycle, commands: Commands, asking: Asking, pauses: Pauses, observed: Observed
    ) -> None:
        self._cycle, self._commands, self._asking = cycle, commands, asking
        self._pauses, self._observed = pauses, observed
        self._before: int | None = None

    @property
    def bar(self) -> int:
        """Index of the newest bar; -1 before the first."""
        row = self._cycle.state.row
        return -1 if row is None else row.row

    def run(self, end: int | None, progress: Progress | None) -> None:
        """Until the feed or `end`, ns, or until the pauses are stopped."""
        self._asking.answer()
        self._observed.running, self._before = True, None
        feed = self._cycle.state.setup.feed
        try:
            if isinstance(feed, Recorded):
                self._bars(feed, end, progress)
            else:
                self._events(feed, end, progress)
        finally:
            self._observed.running = False
        self._cycle.commit()

    def _bars(self, feed: Recorded, end: int | None, progress: Progress | None) -> None:
        for batch in feed.batches(self.bar + 1):
            for row in batch.rows:
                if not self._is_time(row.time, end):
                    return
                self._bar(feed, row.row, row.available)
                if progress is not None:
                    progress(row.row + 1, feed.n_rows)

    def _bar(self, feed: Recorded, row: int, ts: int) -> None:
        self._begin()
        self._market(feed, row, row, ts)
        self._finish()

    def _events(self, feed: EventFeed | SyntheticFeed, end: int | None, progress: Progress | None) -> None:
        state = self._cycle.state
        for stop in stops(state, feed):
            if not self._is_time(stop.ts, end):
                return
            self._begin()
            if stop.last < stop.first:
                self._cycle.take(events.Timer(events.GRID, stop.ts), stop.ts)
            else:
                self._market(feed, stop.first, stop.last, stop.ts)
            for values in planned(state, stop.ts):
                self._cycle.take(values, stop.ts)
            self._finish()
            if progress is not None and state.is_row:
                progress(self.bar + 1, feed.n_rows)

    def _is_time(self, ts: int, end: int | None) -> bool:
        """Wait for an input of time `ts`, ns, at the book's pace; False: it is not to be taken any more."""
        if self._pauses.stopped or (end is not None and ts > end):
            return False
        if self._before is not None:
            self._pauses.wait((ts - self._before) / 1e9 / self._observed.pace)
            if self._pauses.stopped:
                return False
        self._before = ts
        return True

    def _begin(self) -> None:
        self._observed.begin_bar()
        self._commands.poll()

    def _market(self, feed: AnyFeed, first: int, last: int, ts: int) -> None:
        name = self._cycle.state.setup.config.name
        self._cycle.take(events.Market(name, first, last, feed.digest(first, last)), ts)

    def _finish(self) -> None:
        self._asking.answer()
        self._observed.answered()
        self._cycle.end_bar()
        self._observed.end_bar()
        self._pauses.hear()
