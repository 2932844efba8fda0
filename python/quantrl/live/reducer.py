"""What follows from an input: a pure function of the state, one event at a time.

`decide` is a generator: whoever runs it applies each event to the state before asking for the next, so that a later event
rests on the earlier ones. The same state and input give the same events, on replay too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from quantrl.errors import LiveError
from quantrl.live import answers, events
from quantrl.live.asked_for import asked_for
from quantrl.live.closing import close_decisions, decide_again, flatten
from quantrl.live.events import Event, decode, event
from quantrl.live.locks import FOREVER
from quantrl.live.outbox import message
from quantrl.live.postings import DEPOSIT, deposit
from quantrl.live.resting import expire, recall
from quantrl.live.risk import watch
from quantrl.live.schedule import MISSED
from quantrl.live.sessions import OPEN
from quantrl.live.settlement import hear, settle
from quantrl.live.state import State
from quantrl.live.states import FOLLOWS, JOB, Cause, Change, Follow, Source
from quantrl.live.vocabulary import BOTH, OrderState, Scope, TradingState

FLATTEN_BARS = 5
"""Bars after the one it began with; a bar is a session, and what is still held then is for a person to decide."""
_MAX_WORDS = 1_000


def decide(state: State, given: Event) -> Iterator[Event]:
    """The events that follow from an input which the state has taken already."""
    values = decode(given.kind, given.payload)
    follow = _RULES.get(type(values))
    if follow is None:
        return
    for made in follow(state, given, values):
        yield made
        told = message(made)
        if told is not None:
            yield told


def refusal(state: State, command: events.Command) -> str | None:
    """Why a command would be refused now; None: it may be given. Refused commands are never journalled."""
    try:
        asked_for(state, command)
    except LiveError as error:
        return str(error)
    return None


def _config(state: State, given: Event, config: events.Config) -> Iterator[Event]:
    if not state.books.owners or state.books.account_equity() == 0:
        yield event(events.Posting(deposit(state.setup.capital), DEPOSIT), ts=given.ts, cause=state.ord)


def _market(state: State, given: Event, market: events.Market | events.Timer) -> Iterator[Event]:
    cause = state.ord
    if state.is_new_day:
        yield from _changed(state, given.ts, cause, state.trading.change(Cause.NEW_SESSION, Source.DAEMON))
    yield from (settle if state.desk is None else hear)(state, given.ts, cause)
    yield from _watch(state, given.ts, cause)
    yield from _protect(state, given.ts, cause)
    if state.desk is not None:
        yield from expire(state, given.ts, cause)
    if not state.is_row:
        yield from decide_again(state, given.ts, cause)
        return
    yield from _finish_flatten(state, given.ts, cause)
    row = state.row
    assert row is not None
    is_open = state.setup.is_open(row.time)
    for agent in range(state.setup.n_agents):
        if state.is_off(agent) or not is_open:
            status = answers.OFF if state.is_off(agent) else answers.CLOSED
            targets = answers.holding(len(state.setup.instruments))
            yield event(events.Decision(status, targets, 0), ts=given.ts, agent=agent, cause=cause)
        elif agent in state.native_answers:
            native = state.native_answers[agent]
            yield event(
                events.Decision(native.status, native.targets, 0), ts=given.ts, agent=agent, cause=cause
            )
        else:
            yield event(events.Request(row.time, row.available), ts=given.ts, agent=agent, cause=cause)
    yield from _close(state, given.ts, cause)


def _timer(state: State, given: Event, timer: events.Timer) -> Iterator[Event]:
    if not events.moves_feed(timer):
        yield from _job(state, given, timer)
    elif state.desk is not None:
        yield from _market(state, given, timer)


def _job(state: State, given: Event, timer: events.Timer) -> Iterator[Event]:
    """A job of the calendar; one that would widen what people or gates allow does nothing."""
    calendar, name = state.setup.config.calendar, timer.name.partition(" ")[0]
    verb = None if calendar is None else calendar.verb(name)
    if verb is None or timer.name.endswith(MISSED):
        return
    try:
        change = state.trading.change(verb, Source.SCHEDULE, words=f"{JOB}{name}")
    except LiveError as error:
        yield event(events.Alarm("job", f"job {timer.name}: {error}"), ts=given.ts, cause=state.ord)
        return
    yield from _changed(state, given.ts, state.ord, change)


def _calendar(state: State, given: Event, calendar: events.Calendar) -> Iterator[Event]:
    """At its open a session ends what the one before began; at its close, and in a break, nothing rests."""
    cause = state.ord
    if calendar.state == OPEN:
        if state.is_new_session:
            change = state.trading.change(Cause.NEW_SESSION, Source.DAEMON)
            yield from _changed(state, given.ts, cause, change)
        return
    yield from _cancel(state, given.ts, cause, increasing_only=False)
    if given.ts >= calendar.close and state.trading.state == TradingState.FLATTEN:
        yield from _end_flatten(state, given.ts, cause)


def _answer(state: State, given: Event, answer: events.Answer) -> Iterator[Event]:
    cause = state.ord
    values = events.Decision(answer.status, answer.targets, answer.request)
    yield event(values, ts=given.ts, agent=given.agent, cause=cause)
    yield from _close(state, given.ts, cause)


def _close(state: State, ts: int, cause: int) -> Iterator[Event]:
    """Once every agent has answered: the round, the orders, and what too many refusals ask for."""
    if not state.requests:
        yield from close_decisions(state, ts, cause)
        yield from _over_limit(state, ts, cause)
        yield from _protect(state, ts, cause)


def _protect(state: State, ts: int, cause: int) -> Iterator[Event]:
    """Locks that trading has brought about; one that holds less than those in force is dropped with the next."""
    for lock in state.due_locks:
        yield event(events.Lock(*lock), ts=ts, cause=cause)


def _command(state: State, given: Event, command: events.Command) -> Iterator[Event]:
    cause = state.ord
    for made in asked_for(state, command):
        if isinstance(made, Change):
            yield from _changed(state, given.ts, cause, made)
        else:
            yield event(made, ts=given.ts, cause=cause)


def _changed(state: State, ts: int, cause: int, change: Change | None) -> Iterator[Event]:
    """A new trading state, and what it asks for."""
    if change is None:
        return
    yield event(events.State(change.state, change.reason), ts=ts, cause=cause)
    for follow in FOLLOWS[TradingState(change.state)]:
        if follow == Follow.CLOSE_POSITIONS:
            yield from flatten(state, ts, cause)
        else:
            yield from _cancel(state, ts, cause, increasing_only=follow == Follow.CANCEL_INCREASING)
    if change.state == TradingState.CANCEL_ALL:
        yield from _changed(state, ts, cause, state.trading.change(Cause.CANCELLED, Source.DAEMON))


def _cancel(state: State, ts: int, cause: int, *, increasing_only: bool) -> Iterator[Event]:
    """Resting orders cancelled; the venue of bars answers at once. What was to cross is dropped with them."""
    for order in list(state.orders.open_orders()):
        held = state.books.account_position(order.inst)
        if increasing_only and order.side * held < 0 and order.qty - order.cum <= abs(held):
            continue
        if state.desk is not None:
            yield from recall(state, ts, cause, order.client_id)
            continue
        yield event(events.CancelIntent(order.client_id), ts=ts, cause=cause)
        done = events.OrderState(order.client_id, OrderState.CANCELED, order.cum, "CANCELLED")
        yield event(done, ts=ts, cause=cause)
    if not increasing_only:
        for pending in list(state.crosses):
            yield event(events.CrossDrop(pending.inst, "CANCELLED"), ts=ts, cause=cause)


def _watch(state: State, ts: int, cause: int) -> Iterator[Event]:
    """Losses that change the trading state."""
    equity = state.books.account_equity()
    warned = watch(state.setup.limits, equity, state.day_start, state.peak)
    if warned is None:
        return
    change = state.trading.change(warned.cause, Source.GATE)
    if change is not None:
        verdict = warned.verdict
        text = f"gate {verdict.code}: limit {verdict.limit}, actual {verdict.actual}"
        yield event(events.Alarm(warned.cause.value, text), ts=ts, cause=cause)
        yield from _changed(state, ts, cause, change)


def _finish_flatten(state: State, ts: int, cause: int) -> Iterator[Event]:
    """A flat book halts; one that is not flat tries again at this bar's prices, for a few bars, then halts as it is."""
    if state.trading.state != TradingState.FLATTEN:
        return
    row = state.row
    assert row is not None
    is_open = state.setup.is_open(ts)
    if not _held(state) or (is_open and row.row - state.flatten_from >= FLATTEN_BARS):
        yield from _end_flatten(state, ts, cause)
    elif is_open:
        yield from flatten(state, ts, cause)


def _held(state: State) -> list[str]:
    names = state.setup.panel.instruments
    held = ((name, state.books.account_position(inst)) for inst, name in enumerate(names))
    return [f"{name} {lots}" for name, lots in held if lots]


def _end_flatten(state: State, ts: int, cause: int) -> Iterator[Event]:
    """The book halts, with a list of what it still holds."""
    left = _held(state)
    why = Cause.SESSION_END if left else Cause.FLAT
    words = f"still held, in lots: {', '.join(left)}"[:_MAX_WORDS] if left else ""
    yield from _changed(state, ts, cause, state.trading.change(why, Source.DAEMON, words=words))


def _over_limit(state: State, ts: int, cause: int) -> Iterator[Event]:
    """An agent that is refused too often is turned off, and the book halts."""
    limit = state.setup.limits.refusals
    for agent in range(state.setup.n_agents):
        if state.meters.refusals(agent, ts) >= limit and not state.is_off(agent):
            lock = events.Lock(Scope.AGENT, str(agent), BOTH, Cause.REFUSALS.value, FOREVER)
            yield event(lock, ts=ts, cause=cause)
            yield from _changed(state, ts, cause, state.trading.change(Cause.REFUSALS, Source.GATE))


_RULES: dict[type[Any], Callable[[State, Event, Any], Iterator[Event]]] = {
    events.Config: _config,
    events.Market: _market,
    events.Timer: _timer,
    events.Calendar: _calendar,
    events.Answer: _answer,
    events.Command: _command,
}
