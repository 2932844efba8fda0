"""The 17 gates between a wish and an order, in order; the first that fails is the verdict. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from quantrl.live.limits import RiskLimits
from quantrl.live.states import Cause, allows
from quantrl.live.vocabulary import BP, PPM, TradingState

JOURNAL_UP, CLOCK_UP, VENUE_UP = 1, 2, 4
HEALTHY = JOURNAL_UP | CLOCK_UP | VENUE_UP
AGENT, ACCOUNT = 1, 2
LAST_WITHOUT_SIZE = 6


class Proposal(NamedTuple):
    """What is to be sent: lots of one agent (`agent` >= 0) before netting, or the netted order (-1); `px` 0 = market.

    `qty` 0 is a leg that only crosses inside; gates after 6 do not ask about it.
    """

    agent: int
    inst: int
    side: int
    qty: int
    px: int = 0


class Facts(NamedTuple):
    """What the gates look at; the defaults pass.

    Parameters
    ----------
    health : int
        Sum of JOURNAL_UP, CLOCK_UP, VENUE_UP.
    state, own : int
        Trading state; 1 for the daemon's own closing orders.
    locked : int
        End of a lock in force, ns; 0 = none.
    session : int
        1 open, 0 closed, -1 unknown.
    age : int
        Of the newest data, in the unit of `RiskLimits.data_age`; -1 unknown.
    quarantined : int
        1: the instrument's books may be wrong.
    mark, tv, equity : int
        Ticks, cash units per lot and tick, the book's equity.
    in_decision : int
        Orders this decision has sent already.
    position, open_buys, open_sells : int
        Signed lots, and lots of open orders; of the agent or of the account, as the proposal.
    gross_after, net_after : int
        Worth of all positions once open orders and this one are filled, unsigned and signed, cash units.
    capital, used_after : int
        An agent's equity, and the worth of its positions once this is filled, unsigned.
    tokens, sent, turnover : int
        Of the bucket, and of the window.
    cancels, orders : int
        Of the last orders.
    day_start, peak : int
        Equity when the session began, and the highest ever.
    rejects, refused : int
        The same reject in a row, and an agent's refused decisions.
    """

    mark: int
    tv: int
    equity: int
    health: int = HEALTHY
    state: int = TradingState.ACTIVE
    own: int = 0
    locked: int = 0
    session: int = 1
    age: int = 0
    quarantined: int = 0
    in_decision: int = 0
    position: int = 0
    open_buys: int = 0
    open_sells: int = 0
    gross_after: int = 0
    net_after: int = 0
    capital: int = 0
    used_after: int = 0
    tokens: int = 1
    sent: int = 0
    turnover: int = 0
    cancels: int = 0
    orders: int = 0
    day_start: int = 0
    peak: int = 0
    rejects: int = 0
    refused: int = 0


class Verdict(NamedTuple):
    """A refusal: the gate, its limit, and what was found."""

    code: int
    limit: int
    actual: int


Found: TypeAlias = tuple[int, int] | None


class Gate(NamedTuple):
    """One gate: `check` returns (limit, actual) where it refuses."""

    code: int
    name: str
    levels: int
    skips_reducing: bool
    check: Callable[[RiskLimits, Proposal, Facts], Found]


def reduces(p: Proposal, f: Facts) -> bool:
    """Whether an order, with the open ones of its side, only brings the position toward zero."""
    working = f.open_buys if p.side > 0 else f.open_sells
    return p.side * f.position < 0 and p.qty + working <= abs(f.position)


def notional(p: Proposal, f: Facts) -> int:
    """Cash units of an order at its limit, or at the mark."""
    return p.qty * (p.px or f.mark) * f.tv


def check(limits: RiskLimits, p: Proposal, f: Facts) -> Verdict | None:
    """The first gate that refuses; None: it may be sent."""
    level = AGENT if p.agent >= 0 else ACCOUNT
    smaller = reduces(p, f)
    for gate in GATES:
        if p.qty == 0 and gate.code > LAST_WITHOUT_SIZE:
            return None
        if gate.levels & level and not (smaller and gate.skips_reducing):
            found = gate.check(limits, p, f)
            if found is not None:
                return Verdict(gate.code, *found)
    return None


class Warned(NamedTuple):
    """A loss that changes the trading state: why, and the verdict behind it."""

    cause: Cause
    verdict: Verdict


def watch(limits: RiskLimits, equity: int, day_start: int, peak: int) -> Warned | None:
    """What losses ask for at a mark, the hardest first: HALTED, REDUCE_ONLY, NO_ENTRY."""
    for cause, code, base, allowed_bp in (
        (Cause.DRAWDOWN_HALT, 16, peak, limits.drawdown_halt_bp),
        (Cause.DRAWDOWN, 16, peak, limits.drawdown_reduce_bp),
        (Cause.DAILY_LOSS, 15, day_start, limits.daily_loss_bp),
    ):
        if (found := _loss(base, equity, allowed_bp)) is not None:
            return Warned(cause, Verdict(code, *found))
    return None


def _part(actual: int, equity: int, bp: int) -> Found:
    return None if actual * BP <= equity * bp else (equity * bp // BP, actual)


def _loss(base: int, equity: int, bp: int) -> Found:
    return None if (base - equity) * BP <= base * bp else (base * bp // BP, base - equity)


def _flag(actual: int, expected: int) -> Found:
    return None if actual == expected else (expected, actual)


def _state(limits: RiskLimits, p: Proposal, f: Facts) -> Found:
    smaller = reduces(p, f) or (p.qty == 0 and f.state in (TradingState.NO_ENTRY, TradingState.REDUCE_ONLY))
    passes = allows(f.state, reduces=smaller, own=bool(f.own))
    return None if passes else (int(TradingState.ACTIVE), int(f.state))


def _age(limits: RiskLimits, p: Proposal, f: Facts) -> Found:
    return None if 0 <= f.age <= limits.data_age else (limits.data_age, f.age)


def _price(limits: RiskLimits, p: Proposal, f: Facts) -> Found:
    if p.side not in (1, -1) or p.qty < 1 or p.px < 0 or f.mark < 1:
        return (1, min(p.qty, p.px, f.mark, abs(p.side)))
    return _part(abs(p.px - f.mark), f.mark, limits.band_bp) if p.px else None


def _order(limits: RiskLimits, p: Proposal, f: Facts) -> Found:
    if f.in_decision >= limits.orders_per_decision:
        return (limits.orders_per_decision, f.in_decision + 1)
    # What closes the book may be of any size: positions grow past the limit of an order.
    return None if f.own else _part(notional(p, f), f.equity, limits.order_bp)


def _position(limits: RiskLimits, p: Proposal, f: Facts) -> Found:
    worst = f.position + f.open_buys + p.qty if p.side > 0 else f.position - f.open_sells - p.qty
    return _part(abs(worst) * f.mark * f.tv, f.equity, limits.position_bp)


def _exposure(limits: RiskLimits, p: Proposal, f: Facts) -> Found:
    return _part(f.gross_after, f.equity, limits.gross_bp) or _part(abs(f.net_after), f.equity, limits.net_bp)


def _capital(limits: RiskLimits, p: Proposal, f: Facts) -> Found:
    return None if f.used_after <= f.capital else (f.capital, f.used_after)


def _rate(limits: RiskLimits, p: Proposal, f: Facts) -> Found:
    if limits.orders_per_s and f.tokens < 1:
        return (limits.burst, limits.burst - f.tokens + 1)
    return None if f.sent < limits.orders_per_window else (limits.orders_per_window, f.sent + 1)


def _turnover(limits: RiskLimits, p: Proposal, f: Facts) -> Found:
    return _part(f.turnover + notional(p, f), f.equity, limits.turnover_bp)


def _cancels(limits: RiskLimits, p: Proposal, f: Facts) -> Found:
    if f.orders < limits.cancel_orders or f.cancels * PPM <= f.orders * limits.cancel_ppm:
        return None
    return (f.orders * limits.cancel_ppm // PPM, f.cancels)


def _repeats(limits: RiskLimits, p: Proposal, f: Facts) -> Found:
    if f.rejects >= limits.same_reject:
        return (limits.same_reject, f.rejects)
    return None if f.refused < limits.refusals else (limits.refusals, f.refused)


BOTH_LEVELS = AGENT | ACCOUNT
GATES: tuple[Gate, ...] = (
    Gate(1, "health", ACCOUNT, False, lambda limits, p, f: _flag(f.health, HEALTHY)),
    Gate(2, "trading state", BOTH_LEVELS, False, _state),
    Gate(3, "lock", BOTH_LEVELS, False, lambda limits, p, f: _flag(f.locked, 0)),
    Gate(4, "session", ACCOUNT, False, lambda limits, p, f: _flag(f.session, 1)),
    Gate(5, "data age", ACCOUNT, False, _age),
    Gate(6, "quarantine", ACCOUNT, False, lambda limits, p, f: _flag(f.quarantined, 0)),
    Gate(7, "price", ACCOUNT, False, _price),
    Gate(8, "order size and count", ACCOUNT, False, _order),
    Gate(9, "position", ACCOUNT, True, _position),
    Gate(10, "gross and net", ACCOUNT, True, _exposure),
    Gate(11, "free capital", AGENT, True, _capital),
    Gate(12, "order rate", ACCOUNT, False, _rate),
    Gate(13, "turnover", ACCOUNT, True, _turnover),
    Gate(14, "cancel ratio", ACCOUNT, True, _cancels),
    Gate(
        15,
        "daily loss",
        ACCOUNT,
        True,
        lambda limits, p, f: _loss(f.day_start, f.equity, limits.daily_loss_bp),
    ),
    Gate(
        16, "drawdown", ACCOUNT, True, lambda limits, p, f: _loss(f.peak, f.equity, limits.drawdown_reduce_bp)
    ),
    Gate(17, "repeated refusals", BOTH_LEVELS, False, _repeats),
)
