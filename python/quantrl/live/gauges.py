"""What each gate allows and how much of it is in use now, for people to look at; decides nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from quantrl.live.risk import GATES, HEALTHY
from quantrl.live.sessions import OPEN
from quantrl.live.state import State
from quantrl.live.vocabulary import BP, PPM, owner_of

CASH, BARS, ORDERS, COUNT, SHARE_PPM, FLAG = "cash", "bars", "orders", "count", "ppm", "flag"
NS = "ns"
_NAMES = {gate.code: gate.name for gate in GATES}


@dataclass(frozen=True)
class Gauge:
    """One limit.

    Parameters
    ----------
    gate : int
        Code of the gate.
    name, unit : str
        Unit ``cash`` (1e-8), ``bars``, ``ns``, ``orders``, ``count``, ``ppm`` or ``flag``.
    limit : int
    used : int or None
        None: only known of an order, or not measured.
    note : str
        What it is measured on.
    """

    gate: int
    name: str
    unit: str
    limit: int
    used: int | None
    note: str = ""


def gauges(state: State) -> list[dict[str, Any]]:
    """One entry a limit, in the order of the gates."""
    limits, now = state.setup.limits, state.ts
    equity = state.books.account_equity()
    worths = _worths(state)
    sent, turnover = state.meters.sent(now)
    cancels, orders = state.meters.cancels()
    refusals = max((state.meters.refusals(agent, now) for agent in range(state.setup.n_agents)), default=0)
    missing = sum(price == 0 for price in _prices(state))
    largest = max((worth for worth, _ in worths), default=0)
    capital, used = _fullest(state)

    def of_equity(bp: int) -> int:
        return max(equity, 0) * bp // BP

    rows = [
        _gauge(1, FLAG, HEALTHY, None, "journal, clock and venue"),
        _gauge(2, FLAG, 0, int(state.trading.state), state.trading.state.name),
        _gauge(3, COUNT, 0, len(state.locks.in_force(now)), "locks in force"),
        _gauge(4, FLAG, OPEN, *_session(state)),
        _gauge(5, NS if state.desk else BARS, limits.data_age, _age(state), f"{missing} without a price"),
        _gauge(6, COUNT, 0, len(state.quarantined), "instruments quarantined"),
        _gauge(7, SHARE_PPM, limits.band_bp * 100, None, "distance of a price from the mark, per order"),
        _gauge(8, CASH, of_equity(limits.order_bp), _largest_order(state), "largest open order"),
        _gauge(9, CASH, of_equity(limits.position_bp), largest, "largest position"),
        _gauge(10, CASH, of_equity(limits.gross_bp), sum(worth for worth, _ in worths), "gross"),
        _gauge(10, CASH, of_equity(limits.net_bp), abs(sum(signed for _, signed in worths)), "net"),
        _gauge(11, CASH, capital, used, "the agent that uses most of its own"),
        _gauge(12, ORDERS, limits.orders_per_window, sent, "orders in the window"),
        _gauge(13, CASH, of_equity(limits.turnover_bp), turnover, "worth of orders in the window"),
        _gauge(
            14, SHARE_PPM, limits.cancel_ppm, cancels * PPM // orders if orders else 0, "orders cancelled"
        ),
        _gauge(
            15,
            CASH,
            max(state.day_start, 0) * limits.daily_loss_bp // BP,
            max(state.day_start - equity, 0),
            _since(state),
        ),
        _gauge(
            16,
            CASH,
            state.peak * limits.drawdown_reduce_bp // BP,
            max(state.peak - equity, 0),
            "to REDUCE_ONLY",
        ),
        _gauge(
            16, CASH, state.peak * limits.drawdown_halt_bp // BP, max(state.peak - equity, 0), "to HALTED"
        ),
        _gauge(17, COUNT, limits.refusals, refusals, "refused decisions of one agent"),
    ]
    return [asdict(row) for row in rows]


def _session(state: State) -> tuple[int, str]:
    """Whether the market is open, and whose sessions it keeps to."""
    sessions = state.setup.sessions
    if sessions is None:
        return OPEN, "this feed has no closed session"
    return sessions.state(state.ts), f"of {sessions.source.partition(' ')[0]}"


def _since(state: State) -> str:
    """When the day of gate 15 began."""
    if state.desk is None:
        return "since the last bar"
    return "since midnight UTC" if state.setup.sessions is None else "since the session opened"


def _age(state: State) -> int:
    """How old the data are, as gate 5 counts it: ns of an event feed, else bars."""
    if 0 in _prices(state):
        return state.setup.limits.data_age + 1
    return state.ts - state.fresh_ts if state.desk is not None and state.fresh_ts else 0


def _prices(state: State) -> tuple[int, ...]:
    """(N,) ticks each instrument is worth now, 0 without a price; empty before the first row."""
    if state.row is None:
        return ()
    return state.row.close if state.desk is None else state.desk.mids()


def _gauge(gate: int, unit: str, limit: int, used: int | None, note: str) -> Gauge:
    return Gauge(gate, _NAMES[gate], unit, limit, used, note)


def _worths(state: State) -> list[tuple[int, int]]:
    """(unsigned worth with open orders at their worst, signed worth) of each instrument, cash units."""
    books, tv = state.books, state.setup.tv
    found = []
    for inst, mark in enumerate(books.marks):
        held = books.account_position(inst)
        buys, sells = state.orders.working(inst)
        unit = mark * tv[inst]
        found.append((max(abs(held + buys), abs(held - sells)) * unit, held * unit))
    return found


def _largest_order(state: State) -> int:
    marks, tv = state.books.marks, state.setup.tv
    worths = [
        order.qty * (order.px or marks[order.inst]) * tv[order.inst] for order in state.orders.open_orders()
    ]
    return max(worths, default=0)


def _fullest(state: State) -> tuple[int, int]:
    """Equity and worth of positions of the agent whose equity is used most; (0, 0) where none is funded."""
    books, tv = state.books, state.setup.tv
    marks = books.marks
    best = (0, 0)
    for agent in range(state.setup.n_agents):
        owner = owner_of(agent)
        equity = books.equity(owner)
        if equity <= 0:
            continue
        used = sum(abs(books.position(owner, i)) * mark * tv[i] for i, mark in enumerate(marks))
        if best[0] == 0 or used * best[0] > best[1] * equity:
            best = (equity, used)
    return best
