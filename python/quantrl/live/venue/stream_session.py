"""A tick session on a simulated feed: it goes on with each stretch of events as its clock gets there."""

from __future__ import annotations

from typing import Any, final

from numpy.typing import NDArray

from quantrl.backtest._tick_shown import ReceivedEvent
from quantrl.backtest.actions import Action
from quantrl.backtest.ticks import TickSession
from quantrl.live.feeds.synthetic import SyntheticFeed
from quantrl.typing import IntArray


@final
class StreamSession:
    """What a `Desk` asks of a `TickSession`, without an end of events before the book's own.

    It holds the stretches from the one that is being received to the one behind the time it is asked to reach, so that
    nothing beyond that is there to be seen.

    Parameters
    ----------
    feed : SyntheticFeed
    session : TickSession
        On stretches `first` to `last`.
    first, last : int
    """

    def __init__(self, feed: SyntheticFeed, session: TickSession, first: int, last: int) -> None:
        self._feed, self._session, self._first, self._last = feed, session, first, last

    @classmethod
    def begin(cls, feed: SyntheticFeed) -> StreamSession:
        """At the openings."""
        last = feed.ahead(feed.first_ts)
        return cls(feed, TickSession(feed.window(0, last), feed.config), 0, last)

    @classmethod
    def restore(cls, saved: Any, feed: SyntheticFeed) -> StreamSession:
        """From `snapshot`.

        Raises
        ------
        DataError
            A session of another feed or other settings, or damaged.
        """
        feed.resume(saved["feed"])
        first, last = saved["first"], saved["last"]
        session = TickSession.restore(saved["session"], feed.window(first, last), feed.config)
        return cls(feed, session, first, last)

    def snapshot(self) -> Any:
        """The engine's snapshot, with what makes its events again."""
        return {
            "session": self._session.snapshot(),
            "first": self._first,
            "last": self._last,
            "feed": self._feed.to_plain(self._first),
        }

    def fork(self) -> StreamSession:
        """A session of its own in the same state."""
        return StreamSession(self._feed, self._session.fork(), self._first, self._last)

    @property
    def now_ns(self) -> int:
        """The engine's clock."""
        return self._session.now_ns

    @property
    def ended(self) -> bool:
        """Whether the book's last row has come."""
        return self._session.now_ns >= self._feed.end_ts

    @property
    def n_received(self) -> int:
        """Events received since the openings."""
        return self._feed.first(self._first) + self._session.n_received

    def event(self, nth: int) -> ReceivedEvent:
        """Event `nth` since the openings.

        Raises
        ------
        LookAheadError
            Not received by now, or gone with its stretch.
        """
        return self._session.event(nth - self._feed.first(self._first))

    def step(self, *, until_ns: int | None = None, report: int | None = None) -> bool:
        """To a local time, or to the next report about an own order, at most so many ns."""
        target = self._session.now_ns + (report or 0) if until_ns is None else until_ns
        self._reach_for(target)
        return self._session.step(until_ns=until_ns, report=report)

    def _reach_for(self, target: int) -> None:
        last = self._feed.ahead(target)
        if last <= self._last:
            return
        first = self._feed.number(self._session.now_ns)
        skipped = self._feed.first(first) - self._feed.first(self._first)
        self._session.advance(self._feed.window(first, last), skipped)
        self._first, self._last = first, last

    def best(self, instr: int) -> tuple[int | None, int | None]:
        """Best bid and ask as received, ticks."""
        return self._session.best(instr)

    def depth(self, levels: int, *, instr: int) -> IntArray:
        """Ticks and lots of the best levels as received, (2, levels, 2)."""
        return self._session.depth(levels, instr=instr)

    def _queue_ahead(self, ref: int, *, is_sell: bool, instr: int) -> float | None:
        """Lots ahead of an own order, for people; None if it does not rest."""
        return self._session._queue_ahead(ref, is_sell=is_sell, instr=instr)

    def send(self, *wishes: Action) -> tuple[int, ...]:
        """Send orders and requests now; references of the new orders."""
        return self._session.send(*wishes)

    def report_columns(self) -> dict[str, NDArray[Any]]:
        """Reports received during the last step."""
        return self._session.report_columns()
