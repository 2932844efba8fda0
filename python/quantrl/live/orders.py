"""Open orders, what each agent is still owed of them, and what a venue's reports mean for both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from quantrl.errors import InvariantError
from quantrl.live._walk import Walk
from quantrl.live.digests import Plain, digest
from quantrl.live.order_records import Alarm, Effect, Filled, Moved, Order, Quarantine, VenueReport
from quantrl.live.order_table import NO_CUM, Heard, ReportKind, is_open, next_state
from quantrl.live.postings import Share
from quantrl.live.vocabulary import EXTERNAL, I64_MAX, SUSPENSE, OrderState, owner_of

MAX_EARLY = 256


class Orders:
    """All orders by client id. `consider` computes what a report means; `add`, `receive`, `filled`, `moved` apply it."""

    def __init__(self) -> None:
        self._orders: dict[str, Order] = {}
        self._open: dict[str, Order] = {}
        self._fills: dict[tuple[int, str], tuple[str, int, int, int]] = {}

    def __len__(self) -> int:
        return len(self._orders)

    def get(self, client_id: str) -> Order | None:
        """An order, open or ended; None if it is not ours."""
        return self._orders.get(client_id)

    def open_orders(self, inst: int | None = None) -> Iterator[Order]:
        """Orders that may still trade, oldest first."""
        return (order for order in self._open.values() if inst is None or order.inst == inst)

    def owed(self, agent: int, inst: int) -> int:
        """Signed lots that open orders may still bring an agent."""
        return sum(
            order.side * left
            for order in self.open_orders(inst)
            for (owner, _), left in zip(order.shares, order.left, strict=True)
            if owner == agent
        )

    def working(self, inst: int) -> tuple[int, int]:
        """Lots of open buys and of open sells not filled yet."""
        buys = sells = 0
        for order in self.open_orders(inst):
            if order.side > 0:
                buys += order.qty - order.cum
            else:
                sells += order.qty - order.cum
        return buys, sells

    def reserved(self, n_agents: int, tv: Sequence[int]) -> list[int]:
        """(A,) cash units that open buys of each agent may still take: worst price and fee bound, rounded up."""
        amounts = [0] * n_agents
        for order in self._open.values():
            for (agent, _), left in zip(order.shares, order.left, strict=True):
                if order.side > 0:
                    amounts[agent] += left * order.reserve_px * tv[order.inst]
                    amounts[agent] += -(-order.fee_bound * left // order.qty)
        return amounts

    def add(self, order: Order) -> None:
        """A new order.

        Raises
        ------
        InvariantError
            An order of that client id exists.
        """
        if order.client_id in self._orders:
            raise InvariantError(f"order {order.client_id}: expected a new client id, got a known one")
        self._orders[order.client_id] = self._open[order.client_id] = order

    def consider(self, report: VenueReport) -> tuple[Effect, ...]:
        """What a report means, with everything that waited for it; nothing changes.

        A repeat means nothing. A report that is ahead of the fills we know means nothing yet.
        """
        order = self._orders.get(report.client_id)
        if report.kind == ReportKind.FILL and (known := self._known(report)) is not None:
            return known
        if order is None:
            return _not_ours(report)
        if _malformed(report):
            return _doubted(order, "malformed", f"report {report[:9]}")
        walk = Walk(order)
        waiting = [early for early in order.early if not _same(early, report)]
        return walk.through([report, *waiting])

    def receive(self, report: VenueReport) -> None:
        """Keep a report that is ahead of the fills we know; others leave no trace but their effects."""
        order = self._orders.get(report.client_id)
        if order is None or _malformed(report) or not Walk(order).is_early(report):
            return
        if len(order.early) < MAX_EARLY and not any(_same(report, early) for early in order.early):
            order.early.append(report)

    def filled(self, fill: Filled) -> None:
        """Apply a fill to the order and to what is owed.

        Raises
        ------
        InvariantError
            I4: the same fill twice, or shares beyond what is owed; nothing has changed.
        """
        key = (fill.venue, fill.venue_fill_id)
        if key in self._fills:
            raise InvariantError(f"I4 fill {fill.venue_fill_id} of venue {fill.venue}: booked already")
        order = self._orders.get(fill.client_id)
        if order is not None:
            lots = {owner: part for owner, part, _ in fill.shares}
            left = [
                amount - lots.pop(owner_of(agent), 0)
                for (agent, _), amount in zip(order.shares, order.left, strict=True)
            ]
            over = lots.pop(SUSPENSE, 0)
            if lots or min(left) < 0 or sum(part for _, part, _ in fill.shares) != fill.qty:
                raise InvariantError(
                    f"I4 order {order.client_id}: {fill.shares} is beyond what is owed, {order.left}"
                )
            order.left, order.over = left, order.over + over
            order.cum = order.qty - sum(left)
            done = order.cum + order.over
            order.early = [r for r in order.early if r.kind != ReportKind.FILL or r.cum - r.qty >= done]
        self._fills[key] = (fill.client_id, fill.qty, fill.px, fill.fee)

    def moved(self, move: Moved, ts: int = 0) -> None:
        """Apply a new state; `ts` is when an order became UNKNOWN or was sent again.

        Raises
        ------
        InvariantError
            I4: another cum than the fills say, or an ended order that opens again.
        """
        order = self._orders.get(move.client_id)
        if order is None:
            raise InvariantError(f"order {move.client_id}: expected one of ours")
        if move.cum != order.cum or (is_open(move.state) and not is_open(order.state)):
            raise InvariantError(
                f"I4 order {order.client_id}: expected cum {order.cum} after {OrderState(order.state).name}, got "
                f"{move.cum} and {OrderState(move.state).name}"
            )
        order.state = move.state
        if move.state == OrderState.UNKNOWN:
            order.since = ts
        if not is_open(move.state):
            self._open.pop(order.client_id, None)
            order.early = [early for early in order.early if early.kind == ReportKind.FILL]

    def check(self) -> None:
        """Raise where an order does not add up.

        Raises
        ------
        InvariantError
            I4: cum outside [0, qty], or not what the shares got.
        """
        for order in self._orders.values():
            got = sum(lots for _, lots in order.shares) - sum(order.left)
            if not 0 <= order.cum <= order.qty or got != order.cum or min(order.left) < 0:
                raise InvariantError(
                    f"I4 order {order.client_id}: residual {got - order.cum}, cum {order.cum}"
                )

    def forget(self, before: int) -> None:
        """Drop ended orders decided before a time, with their fills: later than any venue repeats itself."""
        gone = {o.client_id for o in self._orders.values() if o.decided < before and not is_open(o.state)}
        self._orders = {name: order for name, order in self._orders.items() if name not in gone}
        self._fills = {key: fill for key, fill in self._fills.items() if fill[0] not in gone}

    def to_plain(self) -> Plain:
        """Everything, as nested tuples."""
        return (
            tuple(order.to_plain() for order in self._orders.values()),
            tuple((*key, *fill) for key, fill in self._fills.items()),
        )

    @classmethod
    def from_plain(cls, plain: Any) -> Orders:
        """Orders from `to_plain`."""
        made = cls()
        for order in map(Order.from_plain, plain[0]):
            made._orders[order.client_id] = order
            if is_open(order.state):
                made._open[order.client_id] = order
        made._fills = {(venue, name): tuple(fill) for venue, name, *fill in plain[1]}
        return made

    def digest(self) -> bytes:
        """SHA-256 over every order and fill."""
        return digest(self.to_plain())

    def _known(self, report: VenueReport) -> tuple[Effect, ...] | None:
        """Effects of a fill whose id we have: none for a repeat; None if the id is new."""
        order = self._orders.get(report.client_id)
        booked = self._fills.get((report.venue, report.venue_fill_id))
        if booked is None and order is not None:
            waiting = next((early for early in order.early if _same(early, report)), None)
            booked = None if waiting is None else _content(waiting)
        if booked is None:
            return None
        if booked == _content(report):
            return ()
        order = order or self._orders.get(booked[0])
        alarm = Alarm(
            "fill_changed", f"fill {report.venue_fill_id}: known as {booked}, now {_content(report)}"
        )
        return (alarm,) if order is None else (alarm, Quarantine(order.inst, alarm.code))


def _content(report: VenueReport) -> tuple[str, int, int, int]:
    return (report.client_id, report.qty, report.px, report.fee)


def _same(a: VenueReport, b: VenueReport) -> bool:
    if a.kind != b.kind:
        return False
    if a.kind == ReportKind.FILL:
        return (a.venue, a.venue_fill_id) == (b.venue, b.venue_fill_id)
    return a.cum == b.cum


def _malformed(report: VenueReport) -> bool:
    numbers = (report.qty, report.px, abs(report.fee), report.cum)
    if report.kind not in set(ReportKind) or report.cum < NO_CUM or max(numbers) > I64_MAX:
        return True
    if report.kind != ReportKind.FILL:
        return False
    short = report.cum != NO_CUM and report.cum < report.qty
    return report.qty < 1 or report.px < 1 or not report.venue_fill_id or short


def _not_ours(report: VenueReport) -> tuple[Effect, ...]:
    """A fill of an order that is not ours goes to `external`, if it says of what; anything else is an alarm only."""
    alarm = Alarm("unknown_order", f"report {report[:9]}: expected a client id of ours")
    if report.kind != ReportKind.FILL or _malformed(report) or report.inst < 0 or report.side not in (1, -1):
        return (alarm,)
    share = Share(EXTERNAL, report.qty, report.fee)
    fill = Filled(
        report.venue,
        report.venue_fill_id,
        report.client_id,
        report.inst,
        report.side,
        report.qty,
        report.px,
        report.fee,
        (share,),
    )
    return (fill, alarm)


def _doubted(order: Order, code: str, text: str) -> tuple[Effect, ...]:
    state = next_state(order.state, Heard.UNCLEAR, order.cum)
    alarm = Alarm(code, f"order {order.client_id}: {text}")
    return (alarm,) if state == order.state else (alarm, Moved(order.client_id, state, order.cum, code))
