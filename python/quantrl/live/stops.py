"""Where the market inputs of an event feed end: content sets the boundaries, so a restart finds the same ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from quantrl.live.feeds.event_file import EventFeed
from quantrl.live.feeds.synthetic import SyntheticFeed
from quantrl.live.resting import next_deadline
from quantrl.live.state import State


class Stop(NamedTuple):
    """The end of a market input, ns, and the events received since the one before; none where `last` < `first`."""

    ts: int
    first: int
    last: int


def stops(state: State, feed: EventFeed | SyntheticFeed) -> Iterator[Stop]:
    """Stops from where a book stands to its feed's end; each is to be taken before the next is asked for.

    A stop is the next point of the batches' grid or of the decisions', the next report about an own order, or the time at
    which one has rested long enough, whichever comes first. A batch without events, in which nothing is due, is none.
    """
    desk = state.desk
    assert desk is not None
    # A command may have come since the newest input, never anything that moves the clock.
    scanned = max(desk.now_ns, state.ts)
    scout = feed.scout(scanned)
    while not desk.ended:
        ts, due = feed.next_stop(scanned), next_deadline(state)
        is_due = due is not None and due <= ts
        if due is not None and is_due:
            ts = max(due, scanned + 1)
        if desk.is_waiting:
            heard = desk.next_report(ts)
            is_due, ts = is_due or heard < ts, heard
        first, last = desk.received, scout.received(ts) - 1
        scanned = ts
        ends = scout.ended and not desk.is_waiting
        if last >= first or is_due or ends or feed.arrived(ts) is not None:
            yield Stop(ts, first, last)
