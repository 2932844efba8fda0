"""Everything a book is at one point of its journal, and how each event changes it: no clock, no I/O, no chance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantrl.agent import Decision
from quantrl.errors import InvariantError
from quantrl.live import answers, events
from quantrl.live.books import Books
from quantrl.live.events import HOLD, Event, decode, is_content
from quantrl.live.feeds import BarRow
from quantrl.live.feeds.recorded import Recorded
from quantrl.live.locks import FOREVER, Lock, Locks
from quantrl.live.meters import Meters
from quantrl.live.order_records import Filled, Moved, Order
from quantrl.live.orders import Orders
from quantrl.live.postings import TRANSFER, Share
from quantrl.live.protections import Protections
from quantrl.live.rounds import Rounds, RoundState, Row
from quantrl.live.sessions import Sessions
from quantrl.live.setup import Setup
from quantrl.live.states import Cause, Trading
from quantrl.live.venue.desk import Desk
from quantrl.live.vocabulary import AGENT0, BOTH, CASH, DAY, PPB, OrderState, Scope, TradingState, owner_of
from quantrl.selection._poll import Poll
from quantrl.selection.field import Outcome
from quantrl.typing import FloatArray

_REMEMBERED = 3
"""Bars for which ended orders are kept, for late reports."""
_NONCES = 10_000
"""Commands that are known again."""


@dataclass(frozen=True)
class PendingCross:
    """Agents that trade with each other at the next price of an instrument; shares are (agent, signed lots)."""

    inst: int
    shares: tuple[tuple[int, int], ...]


class State:
    """One book.

    Parameters
    ----------
    setup : Setup

    Attributes
    ----------
    ord, ts : int
        Of the last content event.
    row : BarRow or None
        The newest bar.
    requests : dict of agent to ord
        Hosted agents that have not answered yet.
    poll : Poll
        Answers at the newest bar.
    outcome : Outcome or None
        Of the round at the newest bar.
    day_start, peak : int
        Equity at the last bar's end, and the highest of any bar's end since the book was last resumed.
    flatten_from : int
        Bar at which FLATTEN last began.
    targets : (A,) tuples of int
        What each agent decided at the newest bar, ppb.
    moved : tuple of int
        Agents whose capital a round changed and whose positions have not had the chance to follow.
    refused : tuple of int
        Agents whose decision at the newest bar was refused, in whole or in part.
    desk : Desk or None
        The venue of an event feed; None for bars. Between two grid rows `row` is the older one.
    is_row, is_new_day, is_new_session : bool
        Whether the newest input brought a row, and the first mark of a UTC day; whether the newest turn began a session.
    fresh_ts : int
        Up to when events are known, ns.
    waiting, freed : tuple of int
        Instruments whose orders were recalled to be decided anew, and those of them whose last order has ended since the
        newest input.
    turn : int
        The newest opening or closing of the market that was taken, as an index into its sessions' turns; -1: none.
    schedule : Schedule or None
        Which jobs of the calendar are done; None without one.
    due_locks : tuple of Lock
        What trading asked for and no event has put in force yet.
    """

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        n, count = len(setup.instruments), setup.n_agents
        self.ord = self.ts = 0
        self.books, self.orders = Books(setup.tv, count), Orders()
        self.trading, self.locks, self.meters = Trading(), Locks(), Meters(setup.limits)
        self.rounds, self.field, self.natives = Rounds(count), setup.field(), setup.natives()
        self.row: BarRow | None = None
        self.requests: dict[int, int] = {}
        self.poll = Poll.empty(count, n)
        self.held: FloatArray = np.zeros((count, n))
        self.targets: list[tuple[int, ...]] = [answers.holding(n)] * count
        self.native_answers: dict[int, events.Answer] = {}
        self.outcome: Outcome | None = None
        self.crosses: list[PendingCross] = []
        self.quarantined: dict[int, str] = {}
        self.nonces: dict[str, str] = {}
        self.day_start = self.peak = self.flatten_from = 0
        self.moved: tuple[int, ...] = ()
        self.refused: tuple[int, ...] = ()
        self.desk = setup.desk()
        self.is_row = self.is_new_day = self.is_new_session = False
        self.fresh_ts, self.day = 0, -1
        self.waiting: tuple[int, ...] = ()
        self.freed: tuple[int, ...] = ()
        self.protections = Protections(setup.config.protection_rules())
        self.due_locks: tuple[Lock, ...] = ()
        self.turn, self.schedule = -1, setup.schedule()
        self.capital_moved: dict[int, int] = {}
        self.recent: list[int] = []
        self._reveal = setup.panel.reveal()

    def evolve(self, event: Event) -> None:
        """Apply one event."""
        if not is_content(event.kind):
            return
        self.ord += 1
        self.ts = max(self.ts, event.ts)
        values = decode(event.kind, event.payload)
        change = _CHANGES.get(type(values))
        if change is not None:
            change(self, event, values)

    # Inputs

    def _market(self, event: Event, market: events.Market) -> None:
        if self.desk is not None:
            self.fresh_ts = event.ts
            self._reach(self.desk, event.ts)
            return
        self.is_row = self.is_new_day = True
        row = self.setup.feed.row(market.last)
        self._mark(row.close)
        self._row(row)

    def _timer(self, event: Event, timer: events.Timer) -> None:
        if self.desk is not None and events.moves_feed(timer):
            self._reach(self.desk, event.ts)
        elif self.schedule is not None:
            due = self.schedule.named(timer.name)
            self.schedule.done(due.job, due.place)

    def _calendar(self, event: Event, calendar: events.Calendar) -> None:
        """The market opens or closes; a day of gate 15 begins with the session."""
        sessions = self.setup.sessions
        turn = None if sessions is None else sessions.turn(self.turn, event.ts)
        if sessions is None or turn is None or turn_of(sessions, turn) != calendar:
            raise InvariantError(f"calendar: expected a turn of this book's sessions, got {calendar}")
        before = sessions.turns[self.turn].place if self.turn >= 0 else -1
        self.turn = turn
        self.is_new_session = sessions.turns[turn].place != before
        if self.is_new_session:
            self.day_start = self.books.account_equity()

    def _reach(self, desk: Desk, ts: int) -> None:
        """An event feed goes on: orders meet its events, and what is held is worth its mids."""
        desk.reach(ts)
        self.freed = ()
        feed, day = self.setup.feed, ts // DAY
        # With a calendar a day is a session of it.
        self.is_new_day, self.day = day != self.day and (self.setup.sessions is None or self.day < 0), day
        self._mark(desk.mids())
        row = None if isinstance(feed, Recorded) else feed.arrived(ts)
        self.is_row = row is not None
        if row is not None:
            self._row(row)

    def _mark(self, marks: Sequence[int]) -> None:
        equity = self.books.account_equity()
        self.peak = max(self.peak, equity)
        if self.is_new_day:
            self.day_start = equity
        self.books.mark(marks)

    def _row(self, row: BarRow) -> None:
        """What agents see next, and the shadow accounts with it."""
        setup, t = self.setup, row.row
        if self.trading.state == TradingState.ACTIVE and (self.row is None or setup.is_open(self.row.time)):
            self.moved = ()
        self.row = row
        if not setup.is_open(row.time):
            self.flatten_from = t  # nothing can be tried before the market opens
        self._value()
        self.field.arrive(t, setup.close[t], setup.price[t])
        self.held = self.field.known_holdings(t)
        self.poll = Poll.empty(setup.n_agents, len(setup.instruments))
        self.outcome, self.refused = None, ()
        self.recent = [*self.recent, self.row.time][-_REMEMBERED:]
        self.orders.forget(before=self.recent[0])
        self._ask_natives()

    def _ask_natives(self) -> None:
        """Native agents remember; so they decide where the state changes, and the reducer reads it."""
        self.native_answers = {}
        assert self.row is not None
        if not self.setup.is_open(self.row.time):
            return
        view = self._reveal.at(self.row.time)
        for agent, native in self.natives.items():
            if not self.is_off(agent):
                self.native_answers[agent] = _asked(
                    native, view.with_held(self.held[agent]), len(self.setup.instruments)
                )

    def _command(self, event: Event, command: events.Command) -> None:
        if command.nonce:
            self.nonces[f"{command.principal}:{command.nonce}"] = f"{command.verb} {dict(command.args)}"
            if len(self.nonces) > _NONCES:
                del self.nonces[next(iter(self.nonces))]

    # Decisions

    def _request(self, event: Event, request: events.Request) -> None:
        self.requests[event.agent] = self.ord

    def _answer(self, event: Event, answer: events.Answer) -> None:
        self._take_extras(event.agent, answer)

    def _decision(self, event: Event, decision: events.Decision) -> None:
        agent = event.agent
        self.requests.pop(agent, None)
        if agent in self.native_answers:
            self._take_extras(agent, self.native_answers[agent])
        self.targets[agent] = decision.targets
        if decision.status not in (answers.OK, *answers.NOT_ASKED):
            self.poll.fail(agent, decision.status)
        self.poll.weights[agent] = answers.from_ppb(decision.targets)

    def _take_extras(self, agent: int, answer: events.Answer) -> None:
        poll = self.poll
        poll.belief[agent] = np.nan if answer.probability == HOLD else answer.probability / PPB
        poll.tokens[agent], poll.usd[agent] = answer.tokens, answer.usd / answers.USD

    def _round(self, event: Event, values: events.Round) -> None:
        if values.state == RoundState.OPEN:
            assert self.row is not None
            setup, t = self.setup, self.row.row
            self.outcome = self.field.judge(t, self.poll, self.held)
            self.field.decide(t, self.poll, setup.close[t], setup.price[t])
        self.rounds.moved(values.id, values.state, [Row(*row) for row in values.rows])

    def _transfer(self, event: Event, values: events.Transfer) -> None:
        if values.lines:
            self.books.post(values.lines, TRANSFER)
        moves = [(owner, amount) for owner, asset, amount in values.lines if asset == CASH]
        self.rounds.transferred(moves, values.due)
        agents = {owner - AGENT0 for owner, _ in moves if owner >= AGENT0}
        for owner, amount in moves if self.protections.rules.drawdown_bp else ():
            if owner >= AGENT0:
                self.capital_moved[owner - AGENT0] = self.capital_moved.get(owner - AGENT0, 0) + amount
        self.moved = tuple(sorted(agents.union(self.moved)))

    # Money and orders

    def _posting(self, event: Event, posting: events.Posting) -> None:
        self.books.post(posting.lines, posting.reason)

    def _cross(self, event: Event, cross: events.Cross) -> None:
        if cross.px == 0:
            self.crosses.append(PendingCross(cross.inst, tuple(cross.shares)))
            return
        self.crosses = [pending for pending in self.crosses if pending.inst != cross.inst]
        self._traded(cross.inst, cross.px, [Share(owner_of(a), lots) for a, lots in cross.shares], event.ts)

    def _cross_drop(self, event: Event, drop: events.CrossDrop) -> None:
        self.crosses = [pending for pending in self.crosses if pending.inst != drop.inst]

    def _intent(self, event: Event, intent: events.Intent) -> None:
        # For bars nothing is reserved: their venue fills no more than the account's cash pays for, sales first.
        order = Order(
            intent.client_id,
            intent.inst,
            intent.side,
            intent.qty,
            intent.px,
            intent.tif,
            intent.epoch,
            intent.leg,
            event.ts,
            tuple(intent.shares),
        )
        ticks = self.setup.ticks
        if ticks is not None:
            order.reserve_px = intent.px
            if intent.side > 0:
                order.fee_bound = ticks.fee_bound(intent.inst, intent.qty, intent.px)
        self.orders.add(order)
        if self.desk is not None:
            self.desk.submit(intent.client_id, intent.inst, intent.side, intent.qty, intent.px, intent.tif)
        worth = intent.qty * self.books.marks[intent.inst] * self.setup.tv[intent.inst]
        self.meters.ordered(intent.client_id, worth, event.ts)

    def _cancel(self, event: Event, cancel: events.CancelIntent) -> None:
        self.meters.cancelled(cancel.client_id)
        order = self.orders.get(cancel.client_id)
        if self.desk is None or order is None:
            return
        self.desk.cancel(cancel.client_id)
        if self.row is not None and event.ts == self.row.time and order.inst not in self.waiting:
            self.waiting = (*self.waiting, order.inst)

    def _order_state(self, event: Event, values: events.OrderState) -> None:
        self.orders.moved(Moved(values.client_id, values.state, values.cum, values.reason), event.ts)
        order = self.orders.get(values.client_id)
        if order is not None and order.inst in self.waiting and not any(self.orders.open_orders(order.inst)):
            self.waiting = tuple(inst for inst in self.waiting if inst != order.inst)
            self.freed = (*self.freed, order.inst)
        if order is not None and values.state == OrderState.REJECTED:
            self.meters.rejected(order.inst, values.reason)
        elif order is not None and values.state == OrderState.ACKED:
            self.meters.accepted(order.inst)

    def _fill(self, event: Event, fill: events.Fill) -> None:
        shares = tuple(Share(*share) for share in fill.shares)
        filled = Filled(
            fill.venue,
            fill.venue_fill_id,
            fill.client_id,
            fill.inst,
            fill.side,
            fill.qty,
            fill.px,
            fill.fee,
            shares,
        )
        self.orders.filled(filled)
        signed = [Share(owner, fill.side * lots, fee) for owner, lots, fee in shares]
        self._traded(fill.inst, fill.px, signed, event.ts)

    def _traded(self, inst: int, px: int, signed: list[Share], ts: int) -> None:
        self.books.traded(inst, px, signed)
        if self.protections.rules.follow_trades:
            for owner, lots, fee in signed:
                if owner >= AGENT0:
                    agent, tv = owner - AGENT0, self.setup.tv[inst]
                    self._due(self.protections.traded(agent, inst, lots, px, tv, fee, ts))

    def _due(self, locks: Iterable[Lock]) -> None:
        self.due_locks += tuple(filter(self.locks.wanted, locks))

    def _value(self) -> None:
        """What each agent is worth at a row, against its peak."""
        if self.protections.rules.drawdown_bp:
            for agent in range(self.setup.n_agents):
                equity, moved = self.books.equity(owner_of(agent)), self.capital_moved.get(agent, 0)
                locks = self.protections.valued(agent, equity, self.ts, moved)
                if not self.is_off(agent):
                    self._due(locks)
            self.capital_moved = {}

    # Limits

    def _verdict(self, event: Event, verdict: events.Verdict) -> None:
        if event.agent >= 0 and event.agent not in self.refused:
            self.refused = (*self.refused, event.agent)
            self.meters.refused(event.agent, event.ts)

    def _lock(self, event: Event, lock: events.Lock) -> None:
        self.locks.put(Lock(*lock))
        self.due_locks = tuple(filter(self.locks.wanted, self.due_locks))
        if lock.until == 0 and lock.scope == Scope.AGENT:
            self.meters.pardon(int(lock.key))
        elif lock.until == 0 and lock.scope == Scope.INSTRUMENT:
            self.meters.accepted(int(lock.key))

    def _quarantine(self, event: Event, values: events.Quarantine) -> None:
        if values.reason:
            self.quarantined[values.inst] = values.reason
        else:
            self.quarantined.pop(values.inst, None)

    def _state(self, event: Event, state: events.State) -> None:
        self.trading.moved(state.state, state.reason)
        if state.state == TradingState.FLATTEN and self.row is not None:
            self.flatten_from = self.row.row
        if state.reason.partition(":")[0] == Cause.RESUME:
            # Whoever resumes accepts the loss: the next drawdown is measured from here.
            self.peak = self.books.account_equity()

    # Questions

    def is_off(self, agent: int) -> bool:
        """Whether an operator or a gate turned an agent off."""
        found = self.locks.held(Scope.AGENT, str(agent), BOTH)
        return found is not None and found.until == FOREVER

    def equity_of(self, agent: int) -> int:
        """Cash units an agent's share of the book is worth."""
        return self.books.equity(owner_of(agent))

    def check(self) -> None:
        """Every identity of the books and the orders.

        Raises
        ------
        InvariantError
            The first that does not hold.
        """
        self.books.check(self.orders.reserved(self.setup.n_agents, self.setup.tv), pooled=True)
        self.orders.check()


def turn_of(sessions: Sessions, turn: int) -> events.Calendar:
    """A turn of a market as an input."""
    place, state = sessions.turns[turn][1:]
    label, opens, closes, *_ = sessions.table[place]
    return events.Calendar(label, opens, closes, state)


def _asked(native: Any, view: Any, n_instruments: int) -> events.Answer:
    try:
        decision: Decision = native.decide(view)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # an agent that exits or panics is no reason to stop the others
        return answers.without(0, answers.FAILED, error, n_instruments)
    return answers.answer(0, decision, n_instruments)


_CHANGES: dict[type[Any], Callable[[State, Event, Any], None]] = {
    events.Market: State._market,
    events.Timer: State._timer,
    events.Calendar: State._calendar,
    events.Command: State._command,
    events.Request: State._request,
    events.Answer: State._answer,
    events.Decision: State._decision,
    events.Round: State._round,
    events.Transfer: State._transfer,
    events.Posting: State._posting,
    events.Cross: State._cross,
    events.CrossDrop: State._cross_drop,
    events.Quarantine: State._quarantine,
    events.Intent: State._intent,
    events.CancelIntent: State._cancel,
    events.OrderState: State._order_state,
    events.Fill: State._fill,
    events.Verdict: State._verdict,
    events.Lock: State._lock,
    events.State: State._state,
}
