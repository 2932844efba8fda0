"""Where the market inputs of an event feed end: content sets the boundaries, so a restart finds the same ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from quantrl.live import events
from quantrl.live.feeds.event_file import EventFeed
from quantrl.live.feeds.synthetic import SyntheticFeed
from quantrl.live.resting import next_deadline
from quantrl.live.state import State, turn_of


class Stop(NamedTuple):
    """The end of a market input, ns, and the events received since the one before; none where `last` < `first`."""

    ts: int
    first: int
    last: int


def next_planned(state: State, after: int) -> int | None:
    """When the calendar has something next, ns: the market opens or closes, or a job is due. None: nothing any more."""
    sessions, schedule = state.setup.sessions, state.schedule
    if sessions is None or schedule is None:
        return None
    times = (sessions.next_turn(after), schedule.next_time())
    return min((max(at, after + 1) for at in times if at is not None), default=None)


def planned(state: State, ts: int) -> Iterator[events.Calendar | events.Timer]:
    """What of the calendar has come at a time, to be taken one after the other: turns of the market, then jobs."""
    sessions, schedule = state.setup.sessions, state.schedule
    if sessions is None or schedule is None:
        return
    while (turn := sessions.turn(state.turn, ts)) is not None:
        yield turn_of(sessions, turn)
    while due := schedule.due(ts):
        yield events.Timer(due[0].name, due[0].due)


def stops(state: State, feed: EventFeed | SyntheticFeed) -> Iterator[Stop]:
    """Stops from where a book stands to its feed's end; each is to be taken before the next is asked for.

    A stop is the next point of the batches' grid or of the decisions', the next report about an own order, the time at which
    one has rested long enough, or the calendar's next, whichever comes first. A batch without events, in which nothing is
    due, is none.
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
        planned = next_planned(state, scanned)
        if planned is not None and planned <= ts:
            is_due, ts = True, planned
        if desk.is_waiting:
            heard = desk.next_report(ts)
            is_due, ts = is_due or heard < ts, heard
        first, last = desk.received, scout.received(ts) - 1
        scanned = ts
        ends = scout.ended and not desk.is_waiting
        if last >= first or is_due or ends or feed.arrived(ts) is not None:
            yield Stop(ts, first, last)
