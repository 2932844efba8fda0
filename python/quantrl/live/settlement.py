"""A bar's prices meet what was decided before: fills, crosses, and the end of every order that waited for them."""

from __future__ import annotations

from collections.abc import Iterator

from quantrl.live import events
from quantrl.live.events import Event, event
from quantrl.live.order_records import Alarm, Filled, Moved, Quarantine, VenueReport
from quantrl.live.order_table import ReportKind
from quantrl.live.postings import CROSS, FILL, cross, fill
from quantrl.live.state import State
from quantrl.live.venue.sim import FILLED, Leg, LegFill
from quantrl.live.vocabulary import BOTH, OrderState, Scope

SIM = 0
"""Number of the simulated venue."""


def settle(state: State, ts: int, cause: int) -> Iterator[Event]:
    """Fill open orders and crosses at the newest bar's fill prices."""
    row = state.row
    assert row is not None
    for pending in list(state.crosses):
        px = row.price[pending.inst]
        if px == 0:
            yield event(events.CrossDrop(pending.inst, "NO_PRICE"), ts=ts, cause=cause)
            continue
        lines = cross(pending.inst, px, state.setup.tv[pending.inst], pending.shares)
        yield event(events.Cross(pending.inst, px, pending.shares, 0), ts=ts, cause=cause)
        yield event(events.Posting(lines, CROSS), ts=ts, cause=cause)
    legs = [
        Leg(order.client_id, order.inst, order.side, order.qty - order.cum)
        for order in state.orders.open_orders()
    ]
    if legs:
        for done in state.setup.venue.fill(legs, row.price, state.books.account_cash()):
            yield from _heard(state, ts, cause, done)


def _heard(state: State, ts: int, cause: int, done: LegFill) -> Iterator[Event]:
    """The venue's reports of one leg: a fill, and the end of what is left of it."""
    if done.lots:
        filled = VenueReport(
            SIM, done.client_id, ReportKind.FILL, done.venue_fill_id, done.lots, done.px, done.fee
        )
        yield from book(state, ts, cause, filled)
    if done.reason != FILLED:
        yield from book(
            state, ts, cause, VenueReport(SIM, done.client_id, ReportKind.EXPIRED, reason=done.reason)
        )


def hear(state: State, ts: int, cause: int) -> Iterator[Event]:
    """What the venue of an event feed has said since the last input."""
    assert state.desk is not None
    for report, at in state.desk.heard:
        yield from book(state, ts, cause, report, priced=at)


def book(
    state: State, ts: int, cause: int, report: VenueReport, *, priced: int | None = None
) -> Iterator[Event]:
    """What a venue's report does to orders and books; `priced` is the time of its price, the bar's unless given."""
    if priced is None:
        priced = ts if state.row is None else state.row.time
    for effect in state.orders.consider(report):
        if isinstance(effect, Filled):
            tv = state.setup.tv[effect.inst]
            lines = fill(effect.inst, effect.side, effect.qty, effect.px, tv, effect.shares)
            state.books.admit(lines)
            shares = tuple((owner, lots, fee) for owner, lots, fee in effect.shares)
            values = events.Fill(*effect[:8], priced, shares)
            yield event(values, ts=ts, cause=cause)
            yield event(events.Posting(lines, FILL), ts=ts, cause=cause)
        elif isinstance(effect, Moved):
            yield event(events.OrderState(*effect), ts=ts, cause=cause)
            yield from _locked(state, ts, cause, effect)
        elif isinstance(effect, Alarm):
            yield event(events.Alarm(effect.code, effect.text), ts=ts, cause=cause)
        elif isinstance(effect, Quarantine):
            yield event(events.Quarantine(effect.inst, effect.reason), ts=ts, cause=cause)


def _locked(state: State, ts: int, cause: int, moved: Moved) -> Iterator[Event]:
    """The same reject again and again locks the instrument for a while."""
    order = state.orders.get(moved.client_id)
    if order is None or moved.state != OrderState.REJECTED:
        return
    limits = state.setup.limits
    if state.meters.rejects(order.inst) >= limits.same_reject:
        lock = events.Lock(Scope.INSTRUMENT, str(order.inst), BOTH, moved.reason, ts + limits.reject_lock_ns)
        yield event(lock, ts=ts, cause=cause)
