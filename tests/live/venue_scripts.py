"""What a venue might say about orders, and a book that listens."""

from __future__ import annotations

from random import Random

from live.accounts import open_account
from quantrl.live.books import Books
from quantrl.live.order_records import Effect, Filled, Moved, Order, VenueReport
from quantrl.live.order_table import ReportKind
from quantrl.live.orders import Orders
from quantrl.live.postings import Share, deposit, fill

TV = (100, 2500)
AGENTS = 3


class Listener:
    """Orders and books that apply what reports mean."""

    def __init__(self, orders: list[Order]) -> None:
        self.books, self.orders = Books(TV, AGENTS), Orders()
        self.books.post(deposit(10**15), "deposit")
        for agent in range(AGENTS):
            self.books.post(open_account(agent, 10**14), "transfer")
        self.books.mark([1000, 500])
        self.effects: list[Effect] = []
        for order in orders:
            self.orders.add(order)

    def hear(self, report: VenueReport) -> tuple[Effect, ...]:
        effects = self.orders.consider(report)
        self.orders.receive(report)
        for effect in effects:
            self.apply(effect)
        self.effects += effects
        return effects

    def apply(self, effect: Effect) -> None:
        if isinstance(effect, Filled):
            self.orders.filled(effect)
            lines = fill(effect.inst, effect.side, effect.qty, effect.px, TV[effect.inst], effect.shares)
            signed = [Share(owner, effect.side * lots, fee) for owner, lots, fee in effect.shares]
            self.books.traded(effect.inst, effect.px, signed)
            self.books.post(lines, "fill")
        elif isinstance(effect, Moved):
            self.orders.moved(effect)

    def summary(self) -> tuple[object, ...]:
        """What must not depend on the order of arrival."""
        plain = self.orders.to_plain()
        fills = tuple(sorted(plain[1]))  # type: ignore[index, arg-type, type-var]
        return self.books.to_plain(), plain[0], fills  # type: ignore[index]


def some_order(rng: Random, name: str) -> Order:
    shares = tuple(
        (agent, rng.randint(1, 9)) for agent in sorted(rng.sample(range(AGENTS), rng.randint(1, AGENTS)))
    )
    qty = sum(lots for _, lots in shares)
    return Order(name, rng.randrange(2), rng.choice((1, -1)), qty, 0, 2, 0, 0, 0, shares)


def script(rng: Random, order: Order) -> list[VenueReport]:
    """A clean life of one order; some end with a fill after the end, some beyond the quantity, some stay open."""
    reports = [VenueReport(0, order.client_id, ReportKind.SENT)]
    if rng.random() < 0.1:
        return [*reports, VenueReport(0, order.client_id, ReportKind.REJECTED, cum=0)]
    reports.append(VenueReport(0, order.client_id, ReportKind.ACCEPTED, cum=0))
    cum, number = 0, 0

    def trade(qty: int) -> None:
        nonlocal cum, number
        cum, number = cum + qty, number + 1
        name, px = f"{order.client_id}-{number}", rng.randint(900, 1100)
        reports.append(
            VenueReport(0, order.client_id, ReportKind.FILL, name, qty, px, rng.randint(-3, 50), cum)
        )

    while cum < order.qty and rng.random() < 0.8:
        trade(rng.randint(1, order.qty - cum))
    if cum == order.qty:
        if rng.random() < 0.1:
            trade(rng.randint(1, 3))
    elif rng.random() < 0.7:
        kind = rng.choice((ReportKind.CANCELED, ReportKind.EXPIRED))
        reports.append(VenueReport(0, order.client_id, kind, cum=cum))
        if rng.random() < 0.2:
            trade(rng.randint(1, order.qty - cum))
    return reports
