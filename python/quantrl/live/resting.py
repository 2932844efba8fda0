"""Orders on an event feed: they leave with a limit and the cash to pay for them, and end by an answer of the venue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from quantrl.live import events
from quantrl.live.apportion import apportion
from quantrl.live.client_ids import client_id
from quantrl.live.events import Event, event
from quantrl.live.netting import Leg, saved_fee
from quantrl.live.postings import CROSS, cross
from quantrl.live.risk import ACCOUNT
from quantrl.live.state import State
from quantrl.live.venue.ticks import MOST_LOTS, TickVenue
from quantrl.live.vocabulary import I64_MAX, OrderState, Tif

_SCALE = 1 << 32
_CASH_GATE = 11


def limit_px(state: State, inst: int, side: int, *, own: bool = False) -> int:
    """Limit of an order about to leave, ticks; 0 for bars, where orders have none. The daemon's own orders always take."""
    ticks, desk, mark = state.setup.ticks, state.desk, state.books.marks[inst]
    if ticks is None or desk is None or not side:
        return 0
    return ticks.edge(inst, side, mark) if own else ticks.price(inst, side, mark, desk.best(inst))


def place(
    state: State, ts: int, cause: int, legs: Sequence[tuple[int, Leg, int]], *, own: bool = False
) -> Iterator[Event]:
    """Opposite wishes meet at the mid at once; the rest is sent, as much of it as there is cash for.

    Parameters
    ----------
    legs : sequence of (number, Leg, limit in ticks)
        Those that passed the gates.
    """
    for _, leg, _ in legs:
        yield from _cross(state, ts, cause, leg)
    ticks = state.setup.ticks
    if ticks is None or not legs:
        return
    lots = affordable(state, ticks, legs)
    for (number, leg, px), qty in zip(legs, lots, strict=True):
        if qty < leg.qty:
            cut = leg.qty - qty
            values = (_CASH_GATE, free_cash(state), min(_cost(state, ticks, leg, px, leg.qty), I64_MAX))
            yield event(events.Verdict(ACCOUNT, leg.inst, leg.side, cut, *values), ts=ts, cause=cause)
        if qty:
            parts = apportion(qty, [part for _, part in leg.shares])
            shares = tuple((agent, part) for (agent, _), part in zip(leg.shares, parts, strict=True) if part)
            name = client_id(state.setup.book_id, cause, number, 0)
            tif = Tif.IOC if own else ticks.tif
            intent = events.Intent(name, leg.inst, leg.side, qty, px, tif, 0, number, shares)
            yield event(intent, ts=ts, cause=cause)
            yield event(events.OrderState(name, OrderState.SENT, 0, ""), ts=ts, cause=cause)


def recall(state: State, ts: int, cause: int, client_id: str) -> Iterator[Event]:
    """Ask for the end of an order, once; it stays open until the venue has answered."""
    if state.desk is not None and client_id not in state.desk.cancelling:
        yield event(events.CancelIntent(client_id), ts=ts, cause=cause)


def expire(state: State, ts: int, cause: int) -> Iterator[Event]:
    """Recall orders that have rested for their time."""
    for order in list(state.orders.open_orders()):
        due = deadline(state, order.client_id)
        if due is not None and due <= ts:
            yield from recall(state, ts, cause, order.client_id)


def next_deadline(state: State) -> int | None:
    """When the next order has rested for its time, ns; None where none will."""
    dues = (deadline(state, order.client_id) for order in state.orders.open_orders())
    return min((due for due in dues if due is not None), default=None)


def deadline(state: State, client_id: str) -> int | None:
    """When an order is to be recalled; None: it ends by itself, or has been recalled."""
    ticks, desk, order = state.setup.ticks, state.desk, state.orders.get(client_id)
    if ticks is None or desk is None or order is None or order.tif != Tif.GTC or client_id in desk.cancelling:
        return None
    return order.decided + ticks.timeout_ns


def free_cash(state: State) -> int:
    """Cash units of the account that no open order may still take."""
    return state.books.account_cash() - sum(state.orders.reserved(state.setup.n_agents, state.setup.tv))


def affordable(state: State, ticks: TickVenue, legs: Sequence[tuple[int, Leg, int]]) -> list[int]:
    """Lots of each leg: all of a sale, and of buys the largest k / 2^32 whose whole lots the free cash pays for at worst."""
    cash = free_cash(state)

    def scaled(k: int) -> list[int]:
        return [min(leg.qty if leg.side < 0 else leg.qty * k // _SCALE, MOST_LOTS) for _, leg, _ in legs]

    def fits(k: int) -> bool:
        lots = zip(legs, scaled(k), strict=True)
        return sum(_cost(state, ticks, leg, px, qty) for (_, leg, px), qty in lots if leg.side > 0) <= cash

    low, high = 0, _SCALE
    if fits(high):
        return scaled(high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return scaled(low)


def _cost(state: State, ticks: TickVenue, leg: Leg, px: int, qty: int) -> int:
    """Cash units a buy can take at worst."""
    if not qty:
        return 0
    return qty * px * state.setup.tv[leg.inst] + ticks.fee_bound(leg.inst, qty, px)


def _cross(state: State, ts: int, cause: int, leg: Leg) -> Iterator[Event]:
    ticks, mark = state.setup.ticks, state.books.marks[leg.inst]
    if not leg.crossed or ticks is None:
        return
    saved = saved_fee(leg.crossed, mark, lambda lots, px: ticks.fee(leg.inst, lots, px))
    lines = cross(leg.inst, mark, state.setup.tv[leg.inst], leg.crossed)
    yield event(events.Cross(leg.inst, mark, leg.crossed, saved), ts=ts, cause=cause)
    yield event(events.Posting(lines, CROSS), ts=ts, cause=cause)
